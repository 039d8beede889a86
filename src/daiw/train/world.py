"""Several processes that train one network: who am I, and what do we have to share."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from daiw.errors import PromptError


@dataclass(frozen=True, slots=True)
class World:
    """rank: of this process, 0 for the one that writes.  size: how many there are.  device: where it computes."""

    rank: int = 0
    size: int = 1
    device: str = "cpu"

    @property
    def writes(self) -> bool:
        """Whether this process keeps checkpoints and reports."""
        return self.rank == 0

    def share(self, chosen: list[int]) -> list[int]:
        """This process's part of a batch."""
        return chosen[self.rank :: self.size]

    def spread(self, model: Any) -> Any:  # noqa: ANN401  # torch is untyped where it is not installed
        """The model as all processes train it: gradients are averaged over them (DistributedDataParallel)."""
        if self.size == 1:
            return model
        from torch.nn.parallel import DistributedDataParallel

        return DistributedDataParallel(model, device_ids=None if self.device == "cpu" else [self.device])

    def wait(self) -> None:
        """Until every process is here."""
        if self.size > 1:
            import torch.distributed

            torch.distributed.barrier()


ALONE = World()


def device_of(wish: str) -> str:
    """ "auto": the graphics processor where there is one, else the processor."""
    import torch

    if wish != "auto":
        try:
            torch.zeros(1, device=wish)
        except (RuntimeError, AssertionError) as error:
            raise PromptError(f"there is no device {wish!r} here; use cpu") from error
        return wish
    return "cuda" if torch.cuda.is_available() else "cpu"


def half(device: str, wish: str = "auto") -> bool:
    """Whether to compute in bfloat16.  "auto": where the device is faster for it; a processor without AMX is a third slower."""
    import torch

    if wish != "auto":
        return wish == "bf16"
    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported())
    return bool(getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)())


@contextmanager
def joined_world(device: str = "auto") -> Iterator[World]:
    """The processes that torchrun started, joined for the block; alone without torchrun."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    chosen = device_of(device)
    if size == 1:
        yield World(device=chosen)
        return
    import torch.distributed

    rank, local = int(os.environ["RANK"]), int(os.environ.get("LOCAL_RANK", "0"))
    if chosen == "cuda":
        chosen = f"cuda:{local}"
        torch.cuda.set_device(local)
    torch.distributed.init_process_group("nccl" if chosen.startswith("cuda") else "gloo")
    try:
        yield World(rank, size, chosen)
    finally:
        torch.distributed.destroy_process_group()
