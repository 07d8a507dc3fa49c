# %% [markdown]
# # Follow one delay from Kafka to the inbox
#
# A flight leaves 25 minutes late. In five minutes you see how that one fact becomes a Kafka record, an event, a workflow and four messages, on a system that really runs.
#
# - **You will:** send one event, watch what it sets off, read what a passenger reads, and step through the workflow
# - **You need:** this checkout; no account and no Docker
# - **You know:** nothing beyond reading Python; words are explained where they are met, and once more in the [glossary](../docs/glossary.md)
# - **Time:** 5 minutes
# - **Cost:** 0
# - **Simplified:** people, bookings and gates are invented, and messages end in log groups instead of on phones
#
# Recorded on the local cloud; the messages were written by its stand-in model, not by Amazon Bedrock.

# %% [markdown]
# The way of every event; each notebook looks at a part of it:
#
# **Kafka → Lambda → EventBridge → Step Functions → DynamoDB, Bedrock → messages**
#
# The next cell brings up what is missing and draws what is deployed, from its template. The first time that takes about half a minute: a local cloud starts, CDK deploys the stack, and five flights, ten passengers and fifteen bookings are loaded.

# %% tags=["setup"]
from flightpulse.workbench import check, connect

wb = connect()
wb.ready()
wb.stack.architecture()

# %% [markdown]
# ## What does operations know?
#
# The airline's operations center knows one thing: a flight, a new time, a reason. It writes that down as an event.
#
# **Predict:** does the event say who has to be told?

# %%
event = wb.events.delay("SW1234", 25, "WEATHER")
event

# %% [markdown]
# Look for a name, an address or a seat: there is none. The event has an id (so that a copy can be recognised), a time (so that old news can be) and a flight.

# %% tags=["nbval-check-output"]
check(
    "what the event tells",
    sorted(event["payload"]),
    ["delay_minutes", "flight_id", "new_arrival", "new_departure", "reason", "reason_detail"],
)
check("its id is a text", type(event["event_id"]).__name__, "str")

# %% [markdown]
# **Takeaway:** an event says what happened, once, and not what to do about it. Its shape is a JSON Schema: [flight_delay.json](../flightpulse/schemas/flight_delay.json). In the field's words: *event*, a fact written down once ([glossary](../docs/glossary.md#messages-and-delivery)).

# %% [markdown]
# ## Who is told about it?
#
# Now it is sent, through Kafka, as the operations center would. Three people have a booking on SW1234: two want e-mails and texts, one wants neither.
#
# **Predict:** how many messages go out?
#
# <details><summary>Count them</summary>Two people with two channels each make four. The third chose to hear nothing, and that counts too.</details>

# %%
run = wb.fire("minor-delay")

# %% [markdown]
# Every line below was looked up after the run, in the services themselves: the execution in Step Functions, the messages in CloudWatch Logs, the flight in DynamoDB.

# %% tags=["nbval-check-output"]
print(run)
check("expectations seen", sum(seen.ok for seen in run.checks), len(run.checks))

# %% [markdown]
# **Takeaway:** a scenario is an event and what must be seen afterwards. All five are in [scenarios.py](../simulator/scenarios.py), and `flightpulse scenario 1` does in a terminal what this cell did.

# %% [markdown]
# ## Which way did it take?
#
# One passenger's message passed through six services. Each wrote down when, and they share a correlation id, so that the way can be put together again.
#
# **Predict:** which hop takes longest?

# %%
journey = wb.run("minor-delay").journey("BKG-0003")
journey

# %% [markdown]
# Read it from top to bottom. Which bar is longest depends on the machine and on what ran before. On a quiet one it is mostly the Kafka record (`≡`): a new producer connects and asks for its id, which takes half a second, once. `ComposeMessages` (`□`) is long while a function starts; later its templates come from a cache.

# %% tags=["nbval-check-output"]
services = ["kafka", "consumer", "bus", "rule", "execution", "item", "message"]
check("kinds of hops on the way", [kind for kind in services if journey.of_kind(kind)], services)

# %% [markdown]
# **Takeaway:** nobody planned this route from end to end. Each hop knows the next one's address and nothing else. [Follow a minor delay](02-follow-a-minor-delay.ipynb) goes through it hop by hop. In the field's words: *choreography*, each part reacts to events and knows no other; the wait of a first call is a *cold start* ([glossary](../docs/glossary.md#who-decides-what-happens-next)).

# %% [markdown]
# ## What does the passenger read?
#
# Maya flies to Los Angeles on SW1234. She has the highest tier and wants e-mails and texts.
#
# **Predict:** is a delay of 25 minutes worth an apology in capital letters?

# %%
inbox = wb.run("minor-delay").inbox("BKG-0003")
inbox

# %% [markdown]
# The model wrote the tone, for *somebody* of this tier on *some* flight. It saw neither Maya nor SW1234; code filled in her name, the times in the airport's own time zone, and the booking.

# %% tags=["nbval-check-output"]
check(
    "messages to Maya, by channel",
    sorted(message.channel for message in inbox.messages),
    ["email", "sms"],
)
check(
    "every text fits one SMS",
    all(len(message.text) <= 160 for message in inbox.only("sms").messages),
    True,
)

# %% [markdown]
# **Takeaway:** the model writes tone, the data write facts, so an invented gate cannot reach a passenger. [Write to every tier](03-write-to-every-tier.ipynb) shows who checks the words.

# %% [markdown]
# ## What happened inside the workflow?
#
# The delay workflow claimed the event, changed the flight, told the passengers in order of their tier, and wrote down the outcome.
#
# **Predict:** what would it do with the same event a second time?
#
# <details><summary>Think, then read</summary>Its first state claims the event's id. For a copy the claim is refused, and the execution ends as AlreadyHandled without telling anybody.</details>

# %%
wb.run("minor-delay").execution().player()

# %% [markdown]
# Each `✓` is a state that ran. Press *play*, or step with the arrow keys: the sentence below the diagram says what each event of the history means. On GitHub you see the poster; in JupyterLab and on the site it moves.

# %% tags=["nbval-check-output"]
execution = wb.run("minor-delay").execution()
check(
    "states visited",
    [visit.name for visit in execution.history.visits][-3:],
    ["RecordOutcome", "IsAnybodyUntold", "PassengersTold"],
)
check("outcome", execution.outcome, "DONE")

# %% [markdown]
# **Takeaway:** a workflow is data that can be drawn, diffed and read aloud: [delay.asl.json](../flightpulse/workflows/delay.asl.json). [Step through an execution](08-step-through-an-execution.ipynb) plays with it. In the field's words: *orchestration*, one part holds the whole sequence ([glossary](../docs/glossary.md#who-decides-what-happens-next)).

# %% [markdown]
# ## What we simplified
#
# - The local cloud runs on this machine. What differs from AWS is listed in [local-cloud.md](../docs/local-cloud.md).
# - The stand-in model picks from phrases by a fixed rule; a language model would vary more, and lint and reviewer would refuse more.
# - Durations are this machine's. On AWS each hop takes longer, and the first call of a function longer still.

# %% [markdown]
# ## Exercises
#
# 1. *Change a number.* Fire a delay of 31 minutes with `wb.fire(wb.events.delay("SW1234", 31))`. Which detail-type does the bus event have now?
#    <details><summary>Solution</summary><code>flight.delay.major</code>: from 30 to 120 minutes a delay is major. <code>wb.run(…).journey().hop("bus").name</code> says so.</details>
# 2. *Change the passenger.* Show the journey of `BKG-0001` instead of `BKG-0003`. Why does it have no message?
#    <details><summary>Solution</summary>Linh wants neither e-mails nor texts: <code>wb.table.passenger("PAX-0008").notification_preferences</code>.</details>
# 3. *Break it.* Fire the very same event twice: `wb.fire([event, event])` with `event = wb.events.delay("SW1234", 40)`. How many messages does Maya get?
#    <details><summary>Solution</summary>As many as for one. The second execution ends as ALREADY_HANDLED.</details>

# %% [markdown]
# ## Clean up
#
# This puts the flight back to where it was. The local cloud stays up for the next notebook; `flightpulse down` stops it. You may run this twice.

# %% tags=["cleanup"]
wb.table.reset("SW1234")

# %% [markdown]
# ## Where the code lives
#
# - The four functions: [flightpulse/functions](../flightpulse/functions)
# - The workflows: [flightpulse/workflows](../flightpulse/workflows)
# - The stack that deploys them: [flightpulse/stack](../flightpulse/stack)
# - Read more: [AWS: what an event-driven architecture is](https://aws.amazon.com/event-driven-architecture/), [Kafka: introduction](https://kafka.apache.org/intro)
#
# Next: [Deploy the stack](01-deploy-the-stack.ipynb).
