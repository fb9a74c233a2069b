import json
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from activation.domain.progress import LINE_LIMIT, LINES_LIMIT, EventReader, Progress, finished_address

FIXTURES = Path(__file__).parent / "fixtures"


def play(name: str, phase: str = "apply") -> tuple[EventReader, list[str], list[Progress]]:
    reader, lines, events = EventReader(phase), [], []
    for line in (FIXTURES / f"{name}.jsonl").read_text().splitlines():
        reading = reader.feed(line)
        lines += reading.lines
        if reading.event is not None:
            events.append(reading.event)
    return reader, lines, events


def test_an_apply_counts_up_to_what_was_planned() -> None:
    reader, lines, events = play("events_apply")
    assert (reader.progress.planned, reader.progress.finished, reader.progress.current) == (11, 11, ())
    finished = [event.finished for event in events]
    assert finished == sorted(finished)
    assert {event.planned for event in events if event.finished} == {11}
    assert max(len(event.current) for event in events) == 7
    assert "aws_iam_policy.bootstrap_policy: Creating..." in lines
    assert "Apply complete! Resources: 11 added, 0 changed, 0 destroyed." in lines
    assert reader.outputs["bootstrap_role_arn"] == "arn:aws:iam::123456789012:role/zilliz/zilliz-bootstrap-role"
    assert 'bootstrap_role_arn = "arn:aws:iam::123456789012:role/zilliz/zilliz-bootstrap-role"' in lines
    assert reader.terraform_version == "1.11.4"


def test_each_creation_is_a_line_as_terraform_prints_it() -> None:
    _, lines, _ = play("events_apply")
    assert any(
        line.startswith("aws_iam_role.bootstrap_role: Creation complete after ")
        and line.endswith(" [id=zilliz-bootstrap-role]")
        for line in lines
    )


def test_a_destroy_counts_as_well() -> None:
    reader, _, _ = play("events_destroy")
    assert (reader.progress.planned, reader.progress.finished) == (11, 11)


def test_a_plan_announces_and_finishes_nothing() -> None:
    reader, lines, _ = play("events_plan", "plan")
    assert (reader.progress.phase, reader.progress.planned, reader.progress.finished) == ("plan", 11, 0)
    assert "Plan: 11 to add, 0 to change, 0 to destroy." in lines
    assert "  + bootstrap_role_arn" in lines


def test_a_replacement_is_two_operations() -> None:
    reader, _, _ = play("events_replace", "plan")
    assert reader.progress.planned == 6 + 2


def test_a_refused_creation_becomes_an_error_box_and_a_kept_diagnostic() -> None:
    reader, lines, _ = play("events_name_taken")
    assert reader.progress.finished == 0
    assert reader.progress.current == ()
    assert len(reader.progress.errors) == 2
    assert {diagnostic["address"] for diagnostic in reader.diagnostics} == {
        "aws_iam_policy.bootstrap_policy",
        "aws_iam_policy.ebs_csi_irsa_policy",
    }
    start = lines.index("╷")
    box = lines[start : lines.index("╵", start) + 1]
    assert box[1].startswith("│ Error: creating IAM Policy (zilliz-")
    assert "EntityAlreadyExists" in box[1]
    assert box[2] == "│"
    assert box[3].startswith("│   with aws_iam_policy.")
    assert box[4].startswith("│   on main.tf line ") and box[4].endswith('_policy":')
    assert 'resource "aws_iam_policy"' in box[5]


def test_being_asked_to_stop_is_noticed() -> None:
    reader, lines, _ = play("events_interrupted")
    assert reader.interrupted
    assert "Gracefully shutting down..." in lines
    assert reader.progress.elapsed_seconds == {"aws_iam_role.bootstrap_role[0]": 6}


def test_after_a_kill_the_resource_in_hand_is_still_named() -> None:
    reader, _, _ = play("events_killed")
    assert reader.progress.current == ("aws_iam_role.bootstrap_role[0]",)
    assert reader.progress.finished == 0


def test_a_failed_init_is_readable() -> None:
    reader, lines, _ = play("events_init_failed", "init")
    assert "Initializing provider plugins..." in lines
    assert "│ Error: Failed to query available provider packages" in lines
    assert reader.diagnostics[0]["summary"] == "Failed to query available provider packages"


def test_values_of_sensitive_outputs_are_hidden_and_so_is_one_that_does_not_say() -> None:
    event = {
        "type": "outputs",
        "outputs": {"a": {"sensitive": True, "value": "hunter2"}, "b": {"value": "hunter2"}},
    }
    reader = EventReader()
    lines = reader.feed(json.dumps(event)).lines
    assert lines[-2:] == ["a = <sensitive>", "b = <sensitive>"]
    assert reader.outputs == {}


def test_a_line_that_is_not_json_passes_through_without_escapes() -> None:
    assert EventReader().feed("\x1b[31mpanic:\x1b[0m runtime error\r\n").lines == ["panic: runtime error"]
    assert EventReader().feed('{"half": ').lines == ['{"half":']
    assert EventReader().feed('{"other": "json"}').lines == ['{"other": "json"}']


def test_a_message_cannot_forge_a_log_line_or_reorder_one() -> None:
    event = {"type": "log", "@message": "a\u202eb\x07c\x1b]0;title\x07d"}
    assert EventReader().feed(json.dumps(event)).lines == ["a�b�cd"]


def test_lines_are_capped() -> None:
    (line,) = EventReader().feed("x" * 100_000).lines
    assert len(line) <= LINE_LIMIT + 10
    many = json.dumps({"type": "log", "@message": "\n".join("ab" * 5_000)})
    assert len(EventReader().feed(many).lines) <= LINES_LIMIT + 1


def test_what_a_provisioner_prints_is_prefixed_with_its_resource() -> None:
    event = {
        "type": "provision_progress",
        "hook": {"resource": {"addr": "null_resource.x"}, "provisioner": "local-exec", "output": "one\ntwo"},
    }
    assert EventReader().feed(json.dumps(event)).lines == [
        "null_resource.x (local-exec): one",
        "null_resource.x (local-exec): two",
    ]


def test_reading_a_data_source_does_not_count() -> None:
    reader = EventReader("apply")
    for kind in ("apply_start", "apply_complete"):
        hook = {"resource": {"addr": "data.aws_x.y"}, "action": "read", "elapsed_seconds": 1}
        assert reader.feed(json.dumps({"type": kind, "@message": "…", "hook": hook})).event is None


def test_time_spent_grows_while_a_resource_is_in_hand() -> None:
    reader = EventReader("apply")
    resource = {"resource": {"addr": "aws_vpc.main"}, "action": "create"}
    reader.feed(json.dumps({"type": "apply_start", "@message": "aws_vpc.main: Creating...", "hook": resource}))
    event = reader.feed(json.dumps({"type": "apply_progress", "hook": {**resource, "elapsed_seconds": 10}})).event
    assert event is not None
    assert (event.current, event.elapsed_seconds) == (("aws_vpc.main",), {"aws_vpc.main": 10})


def test_progress_survives_being_stored_as_json() -> None:
    _, _, events = play("events_name_taken")
    for event in events:
        assert Progress.from_json(json.loads(json.dumps(event.to_json()))) == event


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    *(
                        "hook",
                        "change",
                        "resource",
                        "addr",
                        "action",
                        "elapsed_seconds",
                        "outputs",
                        "value",
                        "sensitive",
                    ),
                    *(
                        "diagnostic",
                        "summary",
                        "detail",
                        "range",
                        "start",
                        "line",
                        "snippet",
                        "code",
                        "start_line",
                        "@message",
                    ),
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
_types = st.sampled_from(
    [
        *("version", "log", "diagnostic", "planned_change", "change_summary", "apply_start", "apply_progress"),
        *("apply_complete", "apply_errored", "refresh_start", "outputs", "provision_progress", "resource_drift"),
    ]
)


@given(
    st.lists(
        st.text()
        | st.tuples(
            _types,
            st.dictionaries(
                st.sampled_from(["hook", "change", "diagnostic", "outputs", "@message", "terraform"]), _json
            ),
        ).map(lambda pair: json.dumps({**pair[1], "type": pair[0]}))
    )
)
@example(['{"type": "planned_change", "change": {"action": []}}'])
@example(['{"type": "outputs", "outputs": {"a": {"action": {}}}}'])
def test_no_line_whatsoever_raises(lines: list[str]) -> None:
    reader = EventReader("apply")
    for line in lines:
        reading = reader.feed(line)
        for shown in reading.lines:
            shown.encode()
            assert "\n" not in shown
            assert "\x1b" not in shown
        if reading.event is not None:
            json.dumps(reading.event.to_json(), allow_nan=False).encode()
            assert reading.event.finished <= reading.event.planned


def completed(address: str, action: str) -> str:
    return json.dumps({"type": "apply_complete", "hook": {"resource": {"addr": address}, "action": action}})


def test_a_state_is_waited_for_where_something_was_changed_and_not_where_it_was_read() -> None:
    assert finished_address(completed("aws_iam_role.a", "create")) == ("aws_iam_role.a", True)
    assert finished_address(completed("aws_iam_role.a", "update")) == ("aws_iam_role.a", True)
    assert finished_address(completed("aws_iam_role.a", "delete")) == ("aws_iam_role.a", False)
    assert finished_address(completed("data.aws_eks_cluster_auth.a", "read"))[0] == ""
