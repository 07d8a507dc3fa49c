# %% [markdown]
# # Break it on purpose, and hold it to its promises
#
# Duplicates, disorder, refused calls, killed processes, a failing model: you turn the dial, the system is held to its promises, and then its protections are taken away.
#
# - **You will:** send seeded storms, make every hop fail, kill processes, spoil the model, and count who was told twice, told old news or not told
# - **You need:** this checkout; no account and no Docker
# - **You know:** what notebook 06 shows; 07 and 08 help
# - **Time:** 10 minutes
# - **Cost:** 0
# - **Simplified:** small storms; the long ones are commands, and their figures are in [reliability.md](../docs/reliability.md)
#
# Recorded on the local cloud; the messages were written by its stand-in model, not by Amazon Bedrock.

# %% [markdown]
# Every hop is struck in this notebook:
#
# **Kafka → Lambda → EventBridge → Step Functions → DynamoDB, Bedrock → messages**
#
# One seed draws everything: flights, passengers, events, their order, and the faults. The same seed breaks the same things again.

# %% tags=["setup"]
from flightpulse.chaos import crashes, disorder, outage, pictures, pushback
from flightpulse.workbench import check, connect

wb = connect()
wb.ready("Kafka", "Lambda", "EventBridge", "Step Functions", "DynamoDB", "Bedrock", "stream")
SEED = 7

# %% [markdown]
# ## What does a storm of copies do?
#
# Three invented flights have some events each: delays, gates, now and then a cancellation. Every event is sent three times, in an order drawn from the seed.
#
# **Predict:** of three copies of an event, how many tell anybody anything?
#
# <details><summary>Think, then read</summary>One at most. None, when something newer about the flight was handled before.</details>

# %%
storm = disorder.prove(wb.session, SEED, flights=3, events=4, bookings=4)
storm

# %% [markdown]
# An oracle that knows only the events and the bookings says what must be true; each line holds that against the messages, the claims and the table. `✓ kept` is what you want to see in every line.

# %% tags=["nbval-check-output"]
check("promises broken", [promise.said for promise in storm.broken], [])
check(
    "two copies of every event recognised",
    storm.figures["duplicates"] >= 2 * storm.figures["events"],
    True,
)
check(
    "messages",
    {harm: storm.figures[harm] for harm in ("told twice", "told old news", "not told")},
    {"told twice": 0, "told old news": 0, "not told": 0},
)

# %% [markdown]
# **Takeaway:** what must be true can be worked out from the events alone, without the system that is tested: [oracle.py](../flightpulse/chaos/oracle.py).

# %% [markdown]
# ## What does the same storm do without protections?
#
# A small storm, paced so that each record waits for the one before it. The same seed three times: with everything on; so that nobody remembers what was told; so that nobody compares times.
#
# **Predict:** which of the two tells people twice, and which tells them old news?

# %%
small = {"flights": 4, "events": 3, "bookings": 2, "copies": 2, "paced": True}
seen = {"all on": disorder.prove(wb.session, SEED, **small)}
with wb.protections.without("event-claim", "message-once"):
    seen["no memory"] = disorder.prove(wb.session, SEED, **small)
with wb.protections.without("newest-on-flight", "message-order"):
    seen["no order"] = disorder.prove(wb.session, SEED, **small)
pictures.harm(seen)

# %% [markdown]
# Above, nothing but zeros. In the middle, phones ring twice with the same words. Below, somebody reads 20 minutes after 90, and goes to the wrong gate.

# %% tags=["nbval-check-output"]
check("promises broken with all on", len(seen["all on"].broken), 0)
check("told twice without memory", seen["no memory"].figures["told twice"] > 0, True)
check("told old news without order", seen["no order"].figures["told old news"] > 0, True)
check("protections that are on again", wb.protections.table().column("").count("✓ on"), 7)

# %% [markdown]
# **Takeaway:** a protection that you have never seen fail may not be there. [Send a rapid sequence](06-send-a-rapid-sequence.ipynb) takes them away one by one, and [protections.py](../flightpulse/workbench/faults/protections.py) says how.

# %% [markdown]
# ## What if every hop refuses now and then?
#
# One call in five fails: of functions to services, of states to the table, of the bus to its targets, of the stream to its function. A third of them fail *after* the call was made, as when an answer is lost.
#
# **Predict:** when an answer is lost, has the passenger been told?
#
# <details><summary>Think, then read</summary>The caller cannot know. That is why it asks the table first, and why the same call twice must do no harm.</details>

# %%
refused = pushback.prove(wb.session, SEED, flights=3, events=3, bookings=3, rate=0.2)
refused

# %% [markdown]
# Retries take most of it. What failed for good waits in the dead letters, and was sent back when the faults were gone: the figures below the table say how much.

# %% tags=["nbval-check-output"]
check("promises broken", [promise.said for promise in refused.broken], [])
check("faults struck", refused.figures["faults"] > 20, True)

# %% [markdown]
# **Takeaway:** retry what may pass, put aside what will not, and make both safe to repeat: decisions 2, 6 and 7 in [decisions.md](../docs/decisions.md). In the field's words: *fault injection* ([glossary](../docs/glossary.md#running-it)).

# %% [markdown]
# ## What if processes are killed?
#
# `kill -9`, at moments drawn from the seed, of the consumer, the messenger, the stream handler, the relay that polls Kafka, and the producer.
#
# **Predict:** a function dies between sending a message and noting that it was sent. What does its successor do?

# %%
killed = crashes.prove(wb.session, SEED, runs=1)
killed

# %% [markdown]
# A workflow's state, not a function, sends and notes; Step Functions keeps its place. What dies is asked again, and finds claims where something was done.

# %% tags=["nbval-check-output"]
check("promises broken", [promise.said for promise in killed.broken], [])
check("processes were killed", killed.figures["kills"] > 0, True)

# %% [markdown]
# **Takeaway:** a crash is a duplicate that comes later. `flightpulse chaos crashes --runs 100` makes a hundred such runs.

# %% [markdown]
# ## What if the model fails?
#
# First it is throttled, then it promises things that nobody can keep. Every event also carries an attempt to talk it over, in its free text.
#
# **Predict:** how many passengers hear nothing, and who writes to the others?

# %%
spoiled = outage.prove(wb.session, SEED, bookings=8, kinds=("throttle", "promise"))
spoiled

# %% [markdown]
# All are told. Where the model could not be had, or was refused twice, people's own written template went out in its place, and `LLMInvocationsFailed` counted it.

# %% tags=["nbval-check-output"]
check("promises broken", [promise.said for promise in spoiled.broken], [])
check("messages in people's own words", spoiled.figures["fallback messages"] > 0, True)

# %% [markdown]
# **Takeaway:** the model is a nicety with a time limit; facts and delivery do not hang on it. The bound is stated in [model.py](../flightpulse/adapters/model.py) and measured here. In the field's words: *prompt injection*, words in the data that try to give orders ([glossary](../docs/glossary.md#language-models)).

# %% [markdown]
# ## What did a thousand crashes not find?
#
# The proofs draw some cases. A model of the claims goes through all of them: every order of steps, with a fault or two anywhere. Its conditions are read from the workflows that you deployed. One protection is taken out here: a dead letter leaves its queue as soon as something was started from it.
#
# **Predict:** how many things have to go wrong until somebody is never told, and nothing shows it?

# %%
import time

from flightpulse.protocol import definitions, explore, model

one_delay = model.World((model.DELAY,))
within = {"faults": 2, "megabytes": 4000, "deadline": time.monotonic() + 120}
off = explore.explore(
    one_delay, definitions.without(definitions.load(), "letter-stays"), **within
)
on = explore.explore(one_delay, definitions.load(), **within)
print(
    f"{off.broken}, after {len(off.trace)} steps:",
    *off.trace,
    f"with the protection: {on.states} states, all kept" if on.complete else on.broken,
    sep="\n",
)

# %% [markdown]
# Two failures, of which the second strikes after the redrive. The claim says `DONE`, nothing waits, nobody was told. No storm had drawn just that.
#
# Another trace needs one: a cancellation's outcome cannot be noted, so its claim is marked as failed; then Kafka delivers the event again. Only a redrive may take such a claim over. Now on the stack, with two cancellations: `RecordOutcome` fails until its attempts are used up, then a copy of each comes, the first with the protection, the second without. The second copy, as a journey:

# %%
twice, until = model.World((model.CANCELLATION,), deliveries=(2,)), time.monotonic() + 120
rules = definitions.without(definitions.load(), "redrive-follows")
again = explore.explore(twice, rules, faults=1, megabytes=4000, deadline=until)
first, second = wb.events.cancellation("SW5678"), wb.events.cancellation("SW9012")
with wb.faults.task("RecordOutcome", error="States.TaskFailed"):
    wb.fire([first, second], reset=True)
copies = [wb.fire(first)]
with wb.protections.without("redrive-follows"):
    copies.append(wb.fire(second))
copies[1].journey()

# %% [markdown]
# With the protection the copy is recognised, and the work waits in the dead letters for a redrive. Without it the copy does all of it again: nobody is told twice, because each message has a claim of its own, but `rebooking.needed` goes out once more. That is what the model had said.

# %% tags=["nbval-check-output"]
check(
    "without letter-stays",
    (off.broken, sum("fails for good" in step for step in off.trace)),
    ("never told", 2),
)
check("with it", (on.broken, on.complete), ("", True))
check("without redrive-follows, in the model", again.broken, "rebooking.needed sent twice")
called = [sum(item.detail_type == "rebooking.needed" for item in run.audit) for run in copies]
check("on the stack, calls of the rebooking system by a copy", called, [0, 1])
check(
    "how the copies ended",
    [run.execution().outcome for run in copies],
    ["ALREADY_HANDLED", "DONE"],
)
check("messages of a copy", [len(run.messages) for run in copies], [0, 0])

# %% [markdown]
# **Takeaway:** draw cases to test the system, go through all of them to test the design, and play on the system what the design's model finds. `flightpulse prove protocol` sees more: [protocol.md](../docs/protocol.md). It is also [how Amazon Web Services uses formal methods](https://cacm.acm.org/research/how-amazon-web-services-uses-formal-methods/).

# %% [markdown]
# ## What we simplified
#
# - A few events and passengers instead of thousands. [reliability.md](../docs/reliability.md) has the long runs with their figures.
# - Faults strike on this machine's local cloud; on AWS the Fault Injection Service does something like it.
# - The last hop, from the bus to the channel, is not struck: EventBridge promises no order there. `flightpulse chaos pushback --last-hop` does.

# %% [markdown]
# ## Exercises
#
# 1. *Change a number.* Set `SEED = 8` and run the first section again. What changes, what does not?
#    <details><summary>Solution</summary>Flights, events, counts; no promise is broken.</details>
# 2. *Change a rule.* Take only `event-claim` away in the second section. Is anybody told twice?
#    <details><summary>Solution</summary>No: each message has a claim of its own. But events count more than once, and that promise is broken.</details>
# 3. *Break it.* Run the third section with `rate=0.6`. What holds, and where does the work end up?
#    <details><summary>Solution</summary>Nobody is told twice or old news, and nothing is lost: most work waits in Kafka or dead letters. The line about <em>every kind of hop</em> may be broken: where nothing arrives, nothing is struck.</details>

# %% [markdown]
# ## Clean up
#
# No fault and no flight is left: each proof takes its own away. This sends back the dead letters of the last section, and puts back its flights and what the stack deployed, should you have stopped in the middle. You may run it twice.

# %% tags=["cleanup"]
wb.dead_letters.redrive()
wb.table.reset("SW5678", "SW9012")
wb.protections.restore()

# %% [markdown]
# ## Where the code lives
#
# - The proofs and the oracle: [flightpulse/chaos](../flightpulse/chaos)
# - Faults on demand: [local-cloud.md](../docs/local-cloud.md#faults-on-demand)
# - The model of the claims: [flightpulse/protocol](../flightpulse/protocol)
# - Promises, mechanisms and figures: [reliability.md](../docs/reliability.md)
# - Read more: [AWS: fault injection](https://docs.aws.amazon.com/fis/latest/userguide/what-is.html), [AWS: making retries safe with idempotent APIs](https://aws.amazon.com/builders-library/making-retries-safe-with-idempotent-APIs/)
#
# Next: [Replay a blizzard](13-replay-a-blizzard.ipynb).
