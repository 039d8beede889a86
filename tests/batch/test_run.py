import json

import pytest

from daiw.batch.jobs import Job
from daiw.batch.run import STATE_FILE, Outcome, run_jobs, summary
from daiw.errors import OutputError


class Fake:
    """Runs jobs by writing their folders; those in `fails` fail so many times first."""

    def __init__(self, **fails):
        self.fails, self.ran, self.replaced, self.stopped = fails, [], [], False

    def run(self, jobs, output, replacing):
        for job in jobs:
            self.ran.append(job.name)
            self.replaced += [job.name] if job.name in replacing else []
            if self.fails.get(job.name, 0) > 0:
                self.fails[job.name] -= 1
                yield Outcome(job.name, "failed", 1.0, error="it broke")
                continue
            (output / job.name).mkdir(exist_ok=True)
            (output / job.name / "song.json").write_text("{}")
            yield Outcome(job.name, "done", 1.0, facts={"title": job.name})

    def stop(self):
        self.stopped = True

    def close(self):
        pass


JOBS = tuple(Job(name, ("make", "--", name)) for name in ("a", "b", "c"))


def test_a_failed_job_is_tried_once_more_and_the_others_go_on(tmp_path):
    backend, seen = Fake(a=1, b=9), []
    outcomes = run_jobs(JOBS, tmp_path / "out", backend, watch=seen.append)
    assert [(o.name, o.state, o.attempts) for o in outcomes] == [("a", "done", 2), ("b", "failed", 2), ("c", "done", 1)]
    assert backend.ran == ["a", "b", "c", "a", "b"]
    assert [o.name for o in seen] == ["c", "a", "b"]
    assert outcomes[1].error == "it broke"
    told = summary(outcomes, 0.0)
    assert (told["done"], told["failed"], told["skipped"]) == (2, 1, 0)
    json.dumps(told)


def test_a_rerun_skips_what_is_done_and_makes_what_is_not(tmp_path):
    run_jobs(JOBS, tmp_path, Fake(b=9))
    backend = Fake()
    outcomes = run_jobs(JOBS, tmp_path, backend)
    assert [o.state for o in outcomes] == ["skipped", "done", "skipped"]
    assert backend.ran == ["b"]


def test_what_was_asked_for_differently_or_lost_is_made_again_in_its_place(tmp_path):
    run_jobs(JOBS, tmp_path, Fake())
    (tmp_path / "c" / "song.json").unlink()
    changed = (Job("a", ("make", "--bars=3", "--", "a")), *JOBS[1:])
    backend = Fake()
    assert [o.state for o in run_jobs(changed, tmp_path, backend)] == ["done", "skipped", "done"]
    assert backend.replaced == ["a", "c"]  # folders of the batch's own; a stranger's folder is never replaced
    backend = Fake()
    run_jobs(changed, tmp_path, backend, again=True)
    assert backend.ran == ["a", "b", "c"]


def test_a_damaged_memory_only_costs_time(tmp_path):
    run_jobs(JOBS, tmp_path, Fake())
    (tmp_path / STATE_FILE).write_text('{"done": 3')
    assert [o.state for o in run_jobs(JOBS, tmp_path, Fake())] == ["done"] * 3


def test_an_interrupt_stops_the_work_and_keeps_what_is_done(tmp_path):
    class Interrupted(Fake):
        def run(self, jobs, output, replacing):
            yield from super().run(jobs[:1], output, replacing)
            raise KeyboardInterrupt

    backend = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        run_jobs(JOBS, tmp_path, backend)
    assert backend.stopped
    assert [o.state for o in run_jobs(JOBS, tmp_path, Fake())] == ["skipped", "done", "done"]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file"):
        run_jobs(JOBS, tmp_path / "file" / "out", Fake())
