from pathlib import Path

from daiw.osc import requests, schema
from daiw.osc.historic import Historic
from daiw.osc.packets import Received

README = Path(schema.__file__).with_name("README.md")


def test_the_document_is_the_table():
    assert README.read_text(encoding="utf-8") == schema.document(), "run python -m daiw.osc.schema > src/daiw/osc/README.md"


def test_every_request_is_done_by_somebody_and_nothing_else_is():
    named = {"_do_" + message.address.rsplit("/", 1)[1] for message in schema.REQUESTS}
    done = {name for name in vars(requests.Requests) if name.startswith("_do_")}
    assert named == done


def test_every_answer_exists():
    known = {message.address for message in schema.ANSWERS}
    assert {address for message in schema.REQUESTS for address in message.answers} <= known
    assert all(message.arguments[0][0] == "id" for message in (*schema.REQUESTS, *schema.ANSWERS))


def test_every_historic_address_is_taken_with_its_tags_and_no_other():
    values = {"s": "x", "i": 1, "f": 0.5}
    historic = Historic(None)  # looks only at addresses and tags
    for address, variants, _ in schema.HISTORIC:
        for kinds in variants:
            arguments = tuple(values[kind] for kind in kinds)
            assert historic._action(Received(address, arguments)) is not None, (address, kinds)
            assert historic._action(Received(address, (*arguments, b"x"))) is None
    for address in schema.NOT_ACCEPTED:
        assert historic._action(Received(address.replace("*", "volume"), (0.5,))) is None
