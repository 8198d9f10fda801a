"""What runs a model is named with its version, and only where a model is run."""

from importlib.metadata import version

from basanite.app.behaviour import runtime
from basanite.measure.evaluation import runtime as pure
from basanite.measure.evaluation.catalog import CAMPAIGNS, EVALUATORS


def test_every_check_that_runs_a_model_stands_on_the_libraries_as_installed() -> None:
    for each in EVALUATORS:
        found = runtime(each.check.id)
        assert found["onnxruntime"] == version("onnxruntime")
        assert found["numpy"] == version("numpy")
        assert found["model-runner"]


def test_other_checks_stand_on_none() -> None:
    names = [*(each.check.id for each in CAMPAIGNS), "pickle-code-execution", "input-drift"]
    assert [runtime(name) for name in names] == [{}] * len(names)


def test_a_library_that_comes_or_changes_makes_another_question() -> None:
    told = [
        pure.runtime("model-accuracy", lambda _: "", 1),
        pure.runtime("model-accuracy", lambda _: "1.22.0", 1),
        pure.runtime("model-accuracy", lambda _: "1.23.0", 1),
        pure.runtime("model-accuracy", lambda _: "1.23.0", 2),
    ]
    assert told[0]["onnxruntime"] == "not installed"
    assert len({tuple(sorted(each.items())) for each in told}) == 4
