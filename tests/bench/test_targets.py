from __future__ import annotations

from bench.targets import Target, verdicts

FASTER = Target("fan", "delivered_per_s", 3.5, "", over="ws")
SMALLER = Target("idle", "bytes_per_socket", 1536, "B", at_most=True)


def test_a_ratio_is_of_the_peers_figure_in_the_same_run() -> None:
    medians = {"ours": {"delivered_per_s": 400.0}, "ws": {"delivered_per_s": 100.0}}
    assert FASTER.reached(medians, "ours") == 4.0
    assert FASTER.is_met_by(4.0)
    assert not FASTER.is_met_by(3.4)


def test_an_upper_bound_is_met_at_and_below_it() -> None:
    assert SMALLER.is_met_by(1536)
    assert not SMALLER.is_met_by(1537)


def test_a_peer_that_was_not_there_leaves_its_target_unmeasured() -> None:
    assert FASTER.reached({"ours": {"delivered_per_s": 400.0}}, "ours") is None


def test_only_scenarios_that_were_run_are_judged() -> None:
    (one, *others) = verdicts({"idle": {"ours": {"bytes_per_socket": 900.0, "extra_threads": 2.0}}}, ["ours"])
    assert (one.target.key, one.word) == ("bytes_per_socket", "ok")
    assert {verdict.target.key: verdict.word for verdict in others} == {"extra_descriptors": "not measured", "extra_threads": "ok"}
