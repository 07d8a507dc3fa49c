# %% [markdown]
# # Add your own event type, from schema to inbox
#
# Boarding begins, and nobody is told: FlightPulse knows no such event. You teach it one, in a copy of the real code, and see it run from Kafka to the inbox. A checklist grades every step.
#
# - **You will:** write a contract, read an event, word its messages, lead it to a workflow of its own, deploy all of it, and have it graded
# - **You need:** this checkout, and for the exercises an editor; half a gigabyte of free memory for a second local cloud
# - **You know:** what notebooks 02, 03 and 05 show, and how to edit Python and JSON
# - **Time:** 20 minutes
# - **Cost:** 0
# - **Simplified:** the copy is deployed without the VPC, and the new event has no command-line options and no page in the docs
#
# Recorded on the local cloud; the messages were written by its stand-in model, not by Amazon Bedrock.

# %% [markdown]
# The way of every event, and at each hop somebody must know the new type:
#
# **Kafka → Lambda → EventBridge → Step Functions → DynamoDB, Bedrock → messages**
#
# A *workshop* is a copy of the checkout with a local cloud of its own. What you change there changes nothing else. The stored solution comes in five steps; this notebook applies one after the other, and at the end it is your turn.

# %% tags=["setup"]
from flightpulse.workbench import check
from flightpulse.workbench.workshop import open_workshop

shop = open_workshop("boarding-call")

# %% [markdown]
# ## Who knows what an event type is?
#
# Before adding a type, follow one that is there. `places` looks for GATE_CHANGE in everything that an event passes on its way. (`begin_anew` makes a fresh copy: what you changed in an earlier one is gone.)
#
# **Predict:** in how many files is a gate change named?

# %%
shop.begin_anew()
places = shop.places("GATE_CHANGE")
places

# %% tags=["nbval-check-output"]
grade = shop.grade(deploy=False)
check(
    "one table leads events to workflows",
    [file for file in places.column("file") if "/stack/" in file],
    ["flightpulse/stack/event_workflows.py"],
)
check(
    "what an untouched copy lacks",
    grade.missing,
    ["schema", "reading", "publishing", "telling", "model", "workflow", "routing"],
)

# %% [markdown]
# Each for a reason: a schema is a contract with others, a brief must say what is true of *this* news, the workflow is data. What is not there: no `if` that asks for the type. The class in `events.py` knows its metric, its severity and its sentence, its own schema says what the bus carries, and one row of `event_workflows.py` makes the state machine, its role, its rule, its outputs and its graph.
#
# **Takeaway:** declare a thing once and derive the rest; where it must be named again, let a test notice. Yours will be eight files and two hundred lines.

# %% [markdown]
# ## What does the event look like?
#
# A contract comes first: what operations send, and what goes on to the bus and to passengers. A gate is part of the payload, because a display may lag behind.
#
# **Predict:** the gate ends up in a text message as it is. What should the schema refuse?
#
# <details><summary>Think, then read</summary>Whatever is no gate: sentences, links, numbers, forty characters. A pattern of eight capitals, digits and hyphens keeps all of that out, before anybody has to think of it.</details>

# %%
import json

contract = shop.apply("contract")
print(contract.files)
json.loads(shop.read("flightpulse/schemas/boarding_call.json"))["properties"]["payload"]

# %% tags=["nbval-check-output"]
check(
    "the schema",
    shop.grade(deploy=False).step("schema").seen,
    "refuses no gate, a gate that is a sentence, a gate that is a number",
)

# %% [markdown]
# One file. The bus's own schema is put together from those of the types, so it knows the gate too. The example at the end is for the house's contract tests: they fail for a schema without one.
#
# **Takeaway:** a schema is the first guard and the cheapest. All of them are in [flightpulse/schemas](../flightpulse/schemas).

# %% [markdown]
# ## What does it mean?
#
# The consumer validates, reads, enriches and publishes. It does that for every type alike, so you do not touch it at all: you give it one class.
#
# **Predict:** which questions must the class answer?

# %%
shop.apply("event")

# %% tags=["nbval-check-output"]
grade = shop.grade(deploy=False)
check(
    "the consumer reads it",
    grade.step("reading").seen,
    "BoardingCall, flight.boarding, counted as BoardingCallEventsProcessed",
)
check("the bus's own schema accepts it", grade.step("publishing").ok, True)

# %% [markdown]
# Under which metric it is counted, how grave it is, which detail-type routes it, what the bus carries, and how it says itself in a sentence. `ABC` makes Python refuse a class that leaves one out.
#
# **Takeaway:** a handler that asks the event what it is needs no change when a new event comes. It is [consume.py](../flightpulse/use_cases/consume.py), unchanged.

# %% [markdown]
# ## What may passengers read?
#
# Now the words. A *segment* says who gets the same wording; each needs a written template for the day when no model answers.
#
# **Predict:** "Flight SW5678 is ready for boarding" is polite, short and true. Where does it have to be said that it is true?

# %%
message = shop.apply("message")
print(message.files)
message.of("boarding.toml")

# %% tags=["nbval-check-output"]
shop.apply("model")
grade = shop.grade(deploy=False)
check(
    "written templates",
    grade.step("telling").seen,
    "6 segments, each within 160 GSM-7 characters",
)
check("the stand-in model's words", grade.step("model").seen, "6 segments, two answers each")

# %% [markdown]
# In one place: the brief in `boarding.toml`. A model that wrote this about a *delay* would invent a fact. The writer of a template and its reviewer read the same brief, and the file also has the text that people wrote, and sentences whose verdict is known, to try the reviewer with.
#
# **Takeaway:** a kind of news is one file of words and a reader of its events, beside the others in [news](../flightpulse/messages/news/gate_change.toml). The stand-in's phrases are in [phrases.py](../flightpulse/stand_in/phrases.py).

# %% [markdown]
# ## Which way does it go?
#
# A workflow claims the event, changes the flight, hands over to NotifyPassengers and closes the claim. The gate-change workflow does just that, so the new one is a JSON Merge Patch of it (RFC 7386): the file has only what is different, and `null` takes something away.
#
# **Predict:** which of its states must differ?

# %%
shop.apply("workflow").of("boarding_call.asl.patch.json")

# %% tags=["nbval-check-output"]
grade = shop.grade(deploy=False)
check(
    "the workflow",
    grade.step("workflow").seen,
    "17 states, each with its Comment; starts NotifyPassengers",
)
check("the way", grade.step("routing").seen, "flight.boarding leads to BoardingCallWorkflow")
check("still missing in the code", grade.missing, [])

# %% [markdown]
# `ApplyToFlight` writes another attribute under a condition of its own, and the `subject` is `boarding`: a call never silences a delay, and an older call never follows a newer one. The other states keep their claims, retries and dead letters, and get what they get. One row of `event_workflows.py` leads the event here.
#
# **Takeaway:** what all workflows share is a workflow: [notify_passengers.asl.json](../flightpulse/workflows/notify_passengers.asl.json). Who may call what is read from the definition, so the new role needs no line.

# %% [markdown]
# ## Does it travel?
#
# `deploy` starts the copy's own local cloud, with its own `cdk deploy` and its own Lambda package: half a minute. Then one event goes through Kafka.
#
# **Predict:** four people are booked on SW5678. Nobody wrote code for the API or the audit log. Will they know of it?

# %%
shop.deploy()
run = shop.fire(shop.event())
run.journey()

# %% [markdown]
# The journey names your rule, your workflow and your detail-type. And the message has your words:

# %%
run.inbox("PAX-0002")

# %% [markdown]
# The API lists the flight under BOARDING, because the workflow wrote the status where the index looks. The table's stream told the audit log.

# %% tags=["nbval-check-output"]
listed = shop.bench.api("/flights?status=BOARDING").body["flights"]
check("outcome", run.execution().outcome, "DONE")
check(
    "messages by channel",
    sorted(message.channel for message in run.messages),
    ["email", "email", "email", "sms", "sms"],
)
check(
    "flights that are boarding, says the API",
    [flight["flight_id"] for flight in listed],
    ["SW5678"],
)

# %% [markdown]
# **Takeaway:** what reads the table and the bus by their contracts gets a new event for nothing. The API is [api.py](../flightpulse/functions/api.py), unchanged.

# %% [markdown]
# ## Is it done?
#
# It works once, which says little. `grade` asks the code, runs the house's contract tests, then sends four events: yours, the same one again at once, an older one, and a gate change.
#
# **Predict:** how many people are told by the second and the third?

# %%
grade = shop.grade()
grade

# %% tags=["nbval-check-output"]
check("steps done", grade.done, 16)
check("steps missing", grade.missing, [])
check("the same event again", grade.step("duplicate").seen, "ALREADY_HANDLED, DONE; 5 messages")
check("an older one", grade.step("old news").seen, "SUPERSEDED; no messages")

# %% [markdown]
# Every line says what is wanted beside what was seen. When one is `✗ missing`, the line below the table says where to look; what could not be looked at yet is `○ waits`.
#
# **Takeaway:** an event type is done when copies and old news are silent and everything else still works. The checklist is [grading.py](../flightpulse/workbench/workshop/grading.py).

# %% [markdown]
# ## What we simplified
#
# - The copy has a cloud of its own, so that other notebooks notice nothing. In an account, `cdk deploy` of a branch would go to a stage of its own.
# - The workshop deploys without the VPC and its endpoints: they do not matter to an event type.
# - A real change would also get `flightpulse produce` options, a scenario, a row in the docs and tests of its own. The tests of the docs would ask for the row.
# - A boarding call has no groups and no last call.

# %% [markdown]
# ## Exercises
#
# After each one, `shop.begin_anew()` and `shop.apply("workflow")` bring back the solution.
#
# 1. *Change a number.* Let gates have one character: `shop.replace("flightpulse/schemas/boarding_call.json", "{0,7}$", "{0,0}$")`. Which step notices, without any deployment?
#    <details><summary>Solution</summary><code>schema</code>: now it refuses the good event, B7; and <code>publishing</code>, because the bus's schema is made of it. A schema that refuses everything refuses all bad ones too, so the checklist asks both.</details>
# 2. *Change a rule.* Lead `flight.boarding.*` to the workflow instead of `flight.boarding`. What happens to the event?
#    <details><summary>Solution</summary><code>routing</code> says that it leads to nothing: the star wants a dot before it. On the bus it would match no rule, and nobody would hear of it: an event without a rule is no error.</details>

# %% [markdown]
# 3. *Break it.* Let ClaimEvent take every claim: in `boarding_call.asl.patch.json`, give it the condition that it has in `gate_change.asl.json`, with `#execution <> :me` for `#execution = :me`. Grade it. Is anybody told twice?
#    <details><summary>Solution</summary><code>duplicate</code> is missing: both executions end as DONE, none as ALREADY_HANDLED. Still nobody is told twice, because NotifyChunk claims each message too. Two nets, and the checklist watches both.</details>
#
# Then without a net: `shop.begin_anew()`, open the folder `shop.code` in your editor, and build it yourself. `shop.grade(deploy=False)` takes a second and names the next step; `shop.changes()` shows what you did; `shop.grade()` is the examination.

# %% [markdown]
# ## Clean up
#
# This stops the workshop's local cloud. The copy stays, with what you changed in it; `shop.close(remove=True)` deletes it. You may run this twice.

# %% tags=["cleanup"]
shop.close()

# %% [markdown]
# ## Where the code lives
#
# - One class per event type: [events.py](../flightpulse/domain/events.py)
# - Which event starts which workflow: [event_workflows.py](../flightpulse/stack/event_workflows.py)
# - The stored solution, step by step: [solutions/boarding-call](solutions/boarding-call)
# - The workshop: [flightpulse/workbench/workshop](../flightpulse/workbench/workshop)
# - Read more: [AWS: event patterns](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html), [AWS: the language of state machines](https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html)
#
# Next: [Break it on purpose](12-break-it.ipynb).
