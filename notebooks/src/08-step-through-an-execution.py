# %% [markdown]
# # Step through an execution, forwards and back
#
# A workflow that ran has written down every step it took. You play that record on its diagram, make calls fail on purpose, and ask why it did not go the other way.
#
# - **You will:** use the step player, read a Gantt chart, cause a retry and a caught error, compare two runs, and open a history from a file
# - **You need:** this checkout; no account and no Docker
# - **You know:** what a workflow is: notebook 00 shows one
# - **Time:** 15 minutes
# - **Cost:** 0
# - **Simplified:** the errors are injected by the local cloud; nothing was really throttled
#
# Recorded on the local cloud; the messages were written by its stand-in model, not by Amazon Bedrock.

# %% [markdown]
# **The map:** Kafka → Lambda → EventBridge → **Step Functions** → DynamoDB, Bedrock → messages.
#
# On GitHub each player shows its last picture and a table. In JupyterLab and on the site it steps: arrow keys for events, `S` for the next state, `N` for the next failure, `P` to play.

# %% tags=["setup"]
from datetime import UTC, datetime, timedelta

from flightpulse import paths
from flightpulse.workbench import check, connect, load_history

wb = connect()
wb.ready("Step Functions")

# %% [markdown]
# ## What does the record of a run look like?
#
# Step Functions keeps a history: one event for each state entered, each call, each answer. The player shows, for every event, the state of every state, what went in and what came out.
#
# **Predict:** this workflow visits nine states. How many events is that?

# %%
wb.run("minor-delay").execution().player()

# %% [markdown]
# Stop at `NotifyPassengers`: beside its input there is a button that opens the execution it started, three levels down to the call that sends the messages of up to five bookings. Click a state that was not visited to read what it would have been for.

# %% tags=["nbval-check-output"]
execution = wb.run("minor-delay").execution()
check("states", len(execution.history.visits), 9)
check("events", len(execution.events), 33)
check(
    "executions it led to",
    [nested.workflow for nested in execution.all()].count("FlightPulse-NotifyChunk"),
    2,
)

# %% [markdown]
# **Takeaway:** five events and more for a state that calls something: entered, scheduled, started, answered, left. The record is complete, so nothing has to be guessed: [delay.asl.json](../flightpulse/workflows/delay.asl.json). In the field's words: *Standard* workflows keep this record, *Express* ones do not ([glossary](../docs/glossary.md#who-decides-what-happens-next)).

# %% [markdown]
# ## What if a service is busy for a moment?
#
# For as long as the `with` block runs, the first two calls of `ComposeMessages` are refused, as Lambda does when too many come at once. Nothing in the workflow knows about it.
#
# **Predict:** what do the passengers notice?

# %%
with wb.faults.task("ComposeMessages", error="Lambda.TooManyRequestsException", times=2):
    run = wb.fire(wb.events.delay("SW1234", 25), reset=True)
run.execution("notify-chunk").gantt()

# %% [markdown]
# `3 tries`, and a crossed bar. Between the tries Step Functions waited, each time longer and by a random part (`JitterStrategy`), so that those who were refused together do not come back together. Grey is time in which nothing began or ended, drawn short.

# %% tags=["nbval-check-output"]
visits = run.execution("notify-chunk").table().to_frame().set_index("state")
composed = tuple(visits.loc["ComposeMessages", ["result", "tries"]])
check("ComposeMessages", composed, ("✓ done", "3"))
history = run.execution("notify-chunk").to_frame()
check("calls that failed, says the raw history", int((history["type"] == "TaskFailed").sum()), 2)
check("messages", len(run.messages), 4)

# %% [markdown]
# **Takeaway:** an error that passes is nobody's business but the retrier's. Each try is one state transition on the bill, and nothing else: the `Retry` of [notify_chunk.asl.json](../flightpulse/workflows/notify_chunk.asl.json). In the field's words: *throttling*, *backoff* and *jitter* ([glossary](../docs/glossary.md#messages-and-delivery)).

# %% [markdown]
# ## What if the answer is no?
#
# `ApplyToFlight` writes the delay on the flight, on condition that the flight knows nothing newer. Here it does: the second event is five minutes older than the first. Another try would get the same answer.
#
# **Predict:** is that a failure?
#
# <details><summary>Think, then look</summary>No. The error is expected, so a catch has a way for it: look at the flight, note that the news is old, end well, tell nobody.</details>

# %%
wb.fire(wb.events.delay("SW1234", 40), reset=True)
run = wb.fire(wb.events.delay("SW1234", 25, at=datetime.now(UTC) - timedelta(minutes=5)))
run.execution().player()

# %% [markdown]
# `!` is a caught error: the way goes on along the dashed line. Press `N` to go to it; the error then stands first on the right.

# %% tags=["nbval-check-output"]
visits = run.execution().table().to_frame().set_index("state")
check("ApplyToFlight", visits.loc["ApplyToFlight", "result"], "! caught")
check("outcome", run.execution().outcome, "SUPERSEDED")
check("messages", len(run.messages), 0)

# %% [markdown]
# **Takeaway:** retry what may pass, catch what is an answer, and let the rest fail loudly. Which is which is decided in the definition, error by error.

# %% [markdown]
# ## Why did it not go the other way?
#
# Five bookings are claimed in one *transaction*, all or none ([glossary](../docs/glossary.md#data)). We have a group's claim refused, and then the claim of one booking by itself, as if its passenger had been told already. A Choice then has to find out what happened. It has four rules and a default.
#
# **Predict:** nobody has told that passenger anything, and nothing newer is known. Which way does it go: *AlreadyTold*, *LetOtherNewsGoFirst*, *Overtaken*?

# %%
with (
    wb.faults.task("ClaimBookings", error="DynamoDb.TransactionCanceledException", times=1),
    wb.faults.task("ClaimBooking", error="DynamoDB.ConditionalCheckFailedException", times=1),
):
    run = wb.fire(wb.events.delay("SW1234", 25), reset=True)
print(run.execution("notify-chunk").choices().at("WhyRefused"))

# %% tags=["nbval-check-output"]
[visit] = run.execution("notify-chunk").choices().at("WhyRefused").visits
check("it went to", (visit.taken, visit.by), ("LetOtherNewsGoFirst", "default"))
check("rules", [rule.value for rule in visit.rules], [False, False, False, False])
check("messages", len(run.messages), 4)

# %% [markdown]
# Every rule with the values it had at that moment. The booking holds no order at all (`""`), so nothing newer was told, and nobody holds a claim. Then a message that was on its way a moment ago must have been the reason; the workflow waits a second and claims again.
#
# **Takeaway:** "why not?" has an answer for every branch, because the history has the values and the definition has the rules. `choices().at("WhyRefused")` asks about one Choice alone: [explore/choices.py](../flightpulse/workbench/explore/choices.py). In the field's words: the rules are *JSONata*, the language of these workflows ([glossary](../docs/glossary.md#who-decides-what-happens-next)).

# %% [markdown]
# ## Can a state be tried by itself?
#
# Step Functions runs one state alone, with its input, its variables, and a mock in the place of its service: no execution, no message, no write. That is how a workflow gets unit tests. The same question as above, asked directly, of a booking whose message is out:
#
# **Predict:** which way does it go now?

# %% tags=["nbval-check-output"]
order = "2026-11-24T15:00:00Z#evt-1"
last = {"order": order, "state": "SENT", "cancelled": False, "known": True}
asked = {"last": last, "order": order, "cancelled": False, "known": True}
tried = wb.executions.test_state("notify-chunk", "WhyRefused", variables=asked)
check("it goes to", tried.next, "AlreadyTold")
check("status", tried.status, "SUCCEEDED")

# %% [markdown]
# **Takeaway:** `result=` stands in for what a service would answer and is held against the service's own model; `error=` with `retries=` shows what Retry and Catch would do. The local cloud answers with the interpreter that runs its executions: [state_tests.py](../localcloud/services/step_functions/state_tests.py).

# %% [markdown]
# ## What is different between two runs?
#
# One worked, one did not, or one is from before your change. Both on one diagram:
#
# **Predict:** a delay that is told, and the same delay when the flight already knows of something newer. Where do they part?

# %%
earlier = datetime.now(UTC) - timedelta(minutes=30)
first = wb.fire(wb.events.delay("SW1234", 40), reset=True)
second = wb.fire(wb.events.delay("SW1234", 20, at=earlier))
first.execution().diff(second.execution())

# %% [markdown]
# `=` went the same way in both, `≠` fared differently, `A` and `B` were visited in one only. No fault was needed this time: the second event is really older, and a real condition refused it.

# %% tags=["nbval-check-output"]
difference = first.execution().diff(second.execution())
check("they part at", difference.divergence.state, "ApplyToFlight")
check("outcomes", [run.execution().outcome for run in (first, second)], ["DONE", "SUPERSEDED"])

# %% [markdown]
# **Takeaway:** compare by way and outcome, not by time and payload, which differ always. The same works for a run before and a run after a change: [player/diff.py](../flightpulse/workbench/player/diff.py).

# %% [markdown]
# ## What does a history from elsewhere tell?
#
# The player needs no cloud, only the record. This file has the shape in which AWS hands it out, in two pages, and is of another team's workflow: seats for a party on two legs.
#
# **Predict:** the execution succeeded after 12 minutes and 49 seconds. Was it slow?

# %%
files = paths.ROOT / "notebooks" / "histories"
definition = (files / "rebook-party.asl.json").read_text()
saved = load_history(files / "rebook-party-redriven.json", definition)
saved.player(title="RebookParty")

# %% [markdown]
# `Confirm` timed out twice and the execution failed after 14 seconds. Then it lay there until somebody redrove it: the failed state was tried again, and what had worked before was not repeated.

# %% tags=["nbval-check-output"]
print(saved.player().table())
check("how it ended", saved.history.status, "SUCCEEDED")
check("redrives", saved.history.redrives, 1)

# %% [markdown]
# **Takeaway:** `aws stepfunctions get-execution-history … > history.json` and one line of Python, and you step through your own account's execution offline: [saved histories](histories/README.md).

# %% [markdown]
# ## What we simplified
#
# - Faults are the local cloud's: the call is not made, its error is made up. What the workflow does about it is Step Functions' rules, on AWS as here.
# - Retries wait a second or less here, because the workflow says so. Others wait for minutes.
# - With hundreds of passengers a player shows the first items of a Map and those with trouble, and counts the others.

# %% [markdown]
# ## Exercises
#
# 1. *Change a number.* Refuse `ComposeMessages` four times instead of two. How long are the pauses?
#    <details><summary>Solution</summary>Between nothing and 1, 2, 4 and 8 seconds, by chance each. It survives six refusals; with seven the chunk's passengers are set aside and the others told.</details>
# 2. *Change the place.* Lose an answer instead of refusing a call: `wb.faults.task("ConfirmBookings", error="DynamoDb.SdkClientException", after=True, times=1)`. Who is told twice?
#    <details><summary>Solution</summary>Nobody. The writes are made again, and a write that says <code>SENT</code> may happen twice.</details>
# 3. *Break it.* Give `load_history` a file that is no history, such as `"tiers.toml"`. What does the cell say?
#    <details><summary>Solution</summary>One sentence that names the file, and how to save a real history. No traceback.</details>

# %% [markdown]
# ## Clean up
#
# Faults end with their block. This deletes the dead letters about the flight and puts it back to where it began. You may run it twice.

# %% tags=["cleanup"]
wb.dead_letters.purge("SW1234")
wb.table.reset("SW1234")

# %% [markdown]
# ## Where the code lives
#
# - The player: [flightpulse/workbench/player](../flightpulse/workbench/player); the diagram: [flightpulse/workbench/diagram](../flightpulse/workbench/diagram)
# - Faults on demand: [faults.py](../flightpulse/workbench/faults/faults.py), and every field in [local-cloud.md](../docs/local-cloud.md#faults-on-demand)
# - The workflows: [flightpulse/workflows](../flightpulse/workflows)
# - Read more: [AWS: errors in Step Functions](https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html), [AWS: JSONata in Step Functions](https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html), [AWS: time-outs, retries and backoff with jitter](https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/)
#
# Next: [Explore the single table](09-explore-the-single-table.ipynb).
