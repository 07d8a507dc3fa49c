# %% [markdown]
# # Change a gate, and know when it is urgent
#
# A flight leaves from another gate. Down the hall that is a footnote; in another terminal it is a race. You send both, look at the phones, and find out what a gate has to do with a delay: nothing.
#
# - **You will:** compare an urgent text with a calm one, see who checks both, look at the flight before and after, and send news in the wrong order
# - **You need:** this checkout; no account and no Docker
# - **You know:** what notebooks 00 and 02 show
# - **Time:** 10 minutes
# - **Cost:** 0
# - **Simplified:** gates and terminals are invented, and texts end in a log group instead of on phones
#
# Recorded on the local cloud; the messages were written by its stand-in model, not by Amazon Bedrock.

# %% [markdown]
# The hop under study is in bold:
#
# Kafka → Lambda → EventBridge → **Step Functions** → **DynamoDB**, Bedrock → **messages**

# %% tags=["setup"]
from flightpulse.workbench import check, connect
from flightpulse.workbench.messages.drafts import draft
from flightpulse.workbench.explore import TableExplorer

wb = connect()
wb.ready("Step Functions", "DynamoDB", "messages")

# %% [markdown]
# ## What does another terminal change?
#
# SW3456 to Seattle moves from gate A5 to D15, and D is another terminal. Three people are booked; all want texts.
#
# **Predict:** which words must not be missing in a text that is read while walking?

# %%
run = wb.fire("gate-change")
run.inbox().only("sms")

# %% tags=["nbval-check-output"]
texts = [message.text for message in wb.run("gate-change").inbox().only("sms")]
check("texts", len(texts), 3)
check("that say it is urgent", sum("urgent" in text.lower() for text in texts), 3)
check(
    "that name gate and terminal",
    sum("D15" in text and "terminal" in text.lower() for text in texts),
    3,
)

# %% [markdown]
# Each bubble fits one text message of 160 characters, with the longest name and tier. DIFFERENT is one of the few words that a model may write in capitals, and only here.
#
# **Takeaway:** an urgent message leads with what to do. Tones for every severity are in [gate_change.toml](../flightpulse/messages/news/gate_change.toml).

# %% [markdown]
# ## Is every gate change urgent?
#
# The same flight moves again, now from A5 to A9, down the same hall.
#
# **Predict:** who decides that this one is not urgent: the model, the workflow, or the event?
#
# <details><summary>Think, then read</summary>The event: <code>terminal_change</code> is false. It becomes the severity GATE instead of TERMINAL, and with it another segment, another question to the model, another tone.</details>

# %%
wb.table.reset("SW3456")
calm = wb.fire(wb.events.gate_change("SW3456", "A9"))
calm.inbox().only("sms")

# %% tags=["nbval-check-output"]
check("what the event says", calm.event["payload"]["terminal_change"], False)
check("severity", {message.severity for message in calm.messages}, {"GATE"})
words = " ".join(message.text.lower() for message in calm.messages)
check(
    "alarming words", [word for word in ("urgent", "terminal", "right away") if word in words], []
)

# %% [markdown]
# Same workflow, same people, other words. If everything is urgent, nothing is.
#
# **Takeaway:** severity is a fact, decided once, by code, before anybody is asked for words: [events.py](../flightpulse/domain/events.py).

# %% [markdown]
# ## Could a model get it wrong?
#
# A draft is the written template of a segment. Here lint and reviewer judge changes to two of them: one sentence more in a plain gate change, and one word less in an urgent one.
#
# **Predict:** which of these three sentences may stand in a *plain* gate change, and who notices the others?

# %%
plain = draft("gate_change/GATE")
plain.try_adding(
    "Please watch the departure screens along the way.",
    "This is urgent.",
    "Please hurry to the other terminal.",
    reviewer=wb.templates.reviewer(),
)

# %% tags=["nbval-check-output"]
check("the lint sees nothing", plain.adding("This is urgent.").rules, [])
said = plain.adding("This is urgent.").reviewed(wb.templates.reviewer())
check("the reviewer does", said.startswith("✗ invention"), True)
urgent = draft("gate_change/TERMINAL").saying("terminal", "hall")
check("no word of the other terminal", "main_point" in urgent.rules, True)

# %% [markdown]
# What can be decided by looking for words, the lint decides: whoever changes terminals must be told so. Whether a sentence says more than happened takes a reader: the reviewer, which is itself tried with sentences whose verdict is known.
#
# **Takeaway:** tone is checked against facts, by the cheapest check that can: [lint.py](../flightpulse/messages/lint.py), then [review.py](../flightpulse/messages/review.py).

# %% [markdown]
# ## What does the flight know now?
#
# A snapshot is taken before the event, and compared with the table afterwards.
#
# **Predict:** which attributes of the flight change? Is its status among them?

# %%
table = TableExplorer(wb.session)
wb.table.reset("SW3456")
before = table.snapshot("SW3456")
wb.fire("gate-change", reset=False)
table.changes(before).only("FLIGHT#SW3456 / METADATA")

# %% tags=["nbval-check-output"]
flight = wb.table.flight("SW3456")
check("gate", flight.gate, "D15")
check("status", flight.status, "SCHEDULED")

# %% [markdown]
# `gate_as_of` is the time of the news with the event's id. There is no `departure_as_of`: nothing was said about the departure. Each booking changed too (`told_gate_…`: who was told what); leave out `.only(…)` to see it.
#
# **Takeaway:** a flight has two subjects, its departure and its gate, with a time of their own each. `ApplyToFlight` in [gate_change.asl.json](../flightpulse/workflows/gate_change.asl.json) writes one of them.

# %% [markdown]
# ## Does a new gate silence an old delay?
#
# Kafka keeps the order within one partition, but a record may be redelivered or come late. Here the gate change arrives first, and then a delay that operations knew *five minutes earlier*.
#
# **Predict:** newest news wins. Is the delay still told?
#
# <details><summary>Think, then read</summary>Yes. It is older than the gate change, but about another subject. With one time per flight it would be dropped, and three people would wait at the right gate at the wrong hour.</details>

# %%
wb.fire("gate-change")
from datetime import UTC, datetime, timedelta

earlier = datetime.now(UTC) - timedelta(minutes=5)
late = wb.fire(wb.events.delay("SW3456", 45, "CREW", at=earlier))
late.inbox().only("sms")

# %% tags=["nbval-check-output"]
flight = wb.table.flight("SW3456")
check("outcome of the older delay", late.execution().outcome, "DONE")
check("gate, delay", (flight.gate, flight.delay_minutes), ("D15", 45))
check("people told of the delay", late.counts()["passengers_told"], 3)

# %% [markdown]
# The flight now has both: the gate of the newer event and the delay of the older one.
#
# **Takeaway:** order matters among news about the same thing, and only there. Why: [decisions.md](../docs/decisions.md), and the design of one comparable time, `<time>#<event id>`. In the field's words: *ordering*, which no bus promises across partitions ([glossary](../docs/glossary.md#messages-and-delivery)).

# %% [markdown]
# ## Does it silence an old gate?
#
# The same once more, but the late event is about the gate: A9, known five minutes before D15.
#
# **Predict:** what would the passengers do if they read it?

# %%
wb.fire("gate-change")
earlier = datetime.now(UTC) - timedelta(minutes=5)
old = wb.fire(wb.events.gate_change("SW3456", "A9", at=earlier))
old.execution().player()

# %% tags=["nbval-check-output"]
check("outcome of the older gate", old.execution().outcome, "SUPERSEDED")
check("gate", wb.table.flight("SW3456").gate, "D15")
check("messages about A9", len(old.messages), 0)

# %% [markdown]
# Follow the marked path: `ApplyToFlight` is refused and caught (`!`), `LookAtFlight` finds newer news, and the event ends as *Superseded*. It is on record, and nobody ran back to A9.
#
# **Takeaway:** event time decides, not arrival. [Send a rapid sequence](06-send-a-rapid-sequence.ipynb) takes this protection away to see what happens.

# %% [markdown]
# ## What we simplified
#
# - There is no map: nobody knows how far D15 is from A5, so no message says how long the walk takes.
# - `terminal_change` is believed as it is sent. A real airport knows which gates belong to which terminal and could check it.
# - On AWS a text of 160 characters is one *segment* of a sender's bill. Here it is a line in `/flightpulse/notifications/sms`.

# %% [markdown]
# ## Exercises
#
# 1. *Change a number.* Send `wb.fire(wb.events.gate_change("SW7890", "C40"))`. Who is told, and on which channels? Then `wb.table.reset("SW7890")`.
#    <details><summary>Solution</summary>Hannah and Maya, each by e-mail and text. <code>.inbox().order()</code> shows Maya first: she is A-LIST PREFERRED.</details>
# 2. *Change a rule.* Have the urgent template speak of halls: `draft("gate_change/TERMINAL").saying("terminal", "hall").rules`. What does the lint say?
#    <details><summary>Solution</summary><code>main_point</code>: news of another terminal has to say so, in the e-mail and in the text. The rule is <code>must_say</code> in gate_change.toml.</details>
# 3. *Break it.* Send a gate change that changes nothing: `wb.fire(wb.events.gate_change("SW3456", wb.table.flight("SW3456").gate))`. Is anybody told?
#    <details><summary>Solution</summary>Nobody. The consumer puts it aside as SAME_GATE before it is an event on the bus: <code>.refused</code> says so, and <code>flightpulse redrive --list</code> has the record.</details>

# %% [markdown]
# ## Clean up
#
# This puts the flight back to gate A5, on time, and deletes the dead letters about it. You may run it twice.

# %% tags=["cleanup"]
wb.dead_letters.purge("SW3456")
wb.table.reset("SW3456")

# %% [markdown]
# ## Where the code lives
#
# - The workflow: [gate_change.asl.json](../flightpulse/workflows/gate_change.asl.json)
# - How messages are shown: [inbox_cards.py](../flightpulse/workbench/messages/inbox_cards.py)
# - The event: [gate_change.json](../flightpulse/schemas/gate_change.json)
# - Read more: [Kafka: delivery semantics](https://kafka.apache.org/documentation/#semantics), [AWS: conditions of writes](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html)
#
# Next: [Send a rapid sequence](06-send-a-rapid-sequence.ipynb).
