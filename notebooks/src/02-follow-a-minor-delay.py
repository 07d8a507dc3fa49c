# %% [markdown]
# # Follow a minor delay hop by hop
#
# Flight SW1234 leaves 25 minutes late. You follow that one fact through every service it touches, and see at each hop what came in, what was added, and who decided where it goes next.
#
# - **You will:** find the Kafka record, compare it with the bus event, ask a rule why it matched, follow one passenger to the message, and find all of it again by one id
# - **You need:** this checkout; no account and no Docker
# - **You know:** JSON, and what notebook 00 shows
# - **Time:** 15 minutes
# - **Cost:** 0
# - **Simplified:** the broker runs inside the local cloud and keeps records in memory; times are this machine's
#
# Recorded on the local cloud; the messages were written by its stand-in model, not by Amazon Bedrock.

# %% [markdown]
# **The map:** Kafka → Lambda → EventBridge → Step Functions → DynamoDB, Bedrock → messages. Every section looks at the next arrow.

# %% tags=["setup"]
from flightpulse.workbench import check, connect
from flightpulse.workbench.explore import RuleTester

wb = connect()
wb.ready("Kafka", "Lambda", "EventBridge", "Step Functions", "messages")

# %% [markdown]
# ## Where does it begin?
#
# The operations center writes one record to the Kafka topic `flight-operations`, with the flight's id as its key. The cell sends scenario 1 and reads the record back from the broker.
#
# **Predict:** the topic has many partitions. Which one gets the next event of SW1234?
#
# <details><summary>Think, then look</summary>The same one: the partition is worked out from the key. So one flight's events stay in order, and different flights can be handled at the same time.</details>

# %%
wb.fire("minor-delay")
record = wb.run("minor-delay").records[0]
print(f"{record.place.topic}, {record.place}, key {record.key}\nheaders {record.headers}")

# %% tags=["nbval-check-output"]
first, again = wb.run("minor-delay").records[0], wb.fire("minor-delay").records[0]
check("key", first.key, "SW1234")
check(
    "the next event of this flight is in the same partition",
    again.place.partition == first.place.partition,
    True,
)

# %% [markdown]
# **Takeaway:** a key is a promise about order, not an address. The producer is [producer.py](../simulator/producer.py); the record's shape is [flight_delay.json](../flightpulse/schemas/flight_delay.json). In the field's words: *topic*, *partition* and *offset*, a log in parts and a place in one; readers that share the parts are a *consumer group*; *ordering* holds within a partition ([glossary](../docs/glossary.md#messages-and-delivery)).

# %% [markdown]
# ## What does the consumer add?
#
# Lambda's event source mapping polls the topic and hands batches to the function KafkaConsumer. It checks the record against its schema, looks the flight up, and publishes an event on the bus.
#
# **Predict:** name three things that the bus event needs and the record does not have.

# %%
changes = wb.run("minor-delay").journey().changes("bus")
changes.added

# %% [markdown]
# How severe it is, how many people it concerns, where the flight goes, one sentence for people to read. Times became UTC: `08:40-06:00` and `14:40Z` are the same moment, and only one way of writing it can be compared as text.

# %% tags=["nbval-check-output"]
changes = wb.run("minor-delay").journey().changes("bus")
added = ["correlation_id", "delay_category", "affected_passengers_count", "summary"]
check("added", [name for name in changes.added if "." not in name], added)
check("written anew", [field.key for field in changes.changed], ["new_departure", "new_arrival"])
check("lost", changes.removed, ())

# %% [markdown]
# **Takeaway:** a consumer makes a fact of one system useful to others: it checks, enriches and names it, and decides nothing else. It is [consume.py](../flightpulse/use_cases/consume.py). In the field's words: *event source mapping*, Lambda's own poller ([glossary](../docs/glossary.md#messages-and-delivery)).

# %% [markdown]
# ## Who decides where it goes?
#
# The consumer knows no workflow. It puts `flight.delay.minor` on the bus; rules say who wants what. The cell asks EventBridge about every rule.
#
# **Predict:** which rules match: the delay's, the audit's, both?

# %%
event = wb.run("minor-delay").execution()
RuleTester(wb.session).test(event)

# %% [markdown]
# One rule matches (`✓`); for each of the others (`✗`) the first condition that failed is named. To ask about one rule alone: `RuleTester(wb.session).why_not(event, "flightpulse-cancellation")`.

# %% tags=["nbval-check-output"]
report = RuleTester(wb.session).test(wb.run("minor-delay").execution())
check(
    "rules that match",
    [verdict.rule for verdict in report.verdicts if verdict.matched],
    ["flightpulse-delay"],
)
check("what it starts", report["flightpulse-delay"].targets, ("FlightPulse-DelayWorkflow",))

# %% [markdown]
# **Takeaway:** sender and receiver know the event, not one another. A new receiver is a new rule, and no sender changes: [routing.py](../flightpulse/stack/routing.py). [Add an event type](11-add-an-event-type.ipynb) does it. In the field's words: *choreography* ([glossary](../docs/glossary.md#who-decides-what-happens-next)).

# %% [markdown]
# ## Which way does one passenger's message take?
#
# Maya has booking `BKG-0003` and the highest tier. Her message is made three workflows deep: the delay's, one that goes through the tiers, one for a chunk of passengers.
#
# **Predict:** how many states run before her e-mail is on the bus: 5, 10, 15?

# %%
wb.run("minor-delay").journey("BKG-0003")

# %% [markdown]
# Read the picture from top to bottom: `≡` the record, `λ` the consumer, `⇄` the bus, `▶` an execution, `□` a state, `▪` an item, `✉` a message. The further a name is to the right, the deeper it lies. About a dozen states do something before the e-mail is out. Open the table for the words.

# %% tags=["nbval-check-output"]
journey = wb.run("minor-delay").journey("BKG-0003")
executions = [hop.name.removeprefix("FlightPulse-") for hop in journey.of_kind("execution")]
check("executions on the way", executions, ["DelayWorkflow", "NotifyPassengers", "NotifyChunk"])
check(
    "messages",
    sorted(hop.name for hop in journey.of_kind("message")),
    ["notification.email", "notification.sms"],
)

# %% [markdown]
# **Takeaway:** small workflows that call one another can be read, tested and limited one by one. Who is told first is a Map over the tiers: [notify_passengers.asl.json](../flightpulse/workflows/notify_passengers.asl.json).

# %% [markdown]
# ## What is left in the table?
#
# The table's stream says what every write changed. Those of this event, in their order:
#
# **Predict:** the event wrote to three kinds of items. Which?
#
# <details><summary>Think, then look</summary>The claim of the event (so that a copy is recognised), the flight, and the booking under the flight (who was told what, so that nobody is told twice).</details>

# %%
for hop in wb.run("minor-delay").journey("BKG-0003").of_kind("item"):
    print(f"{hop.name:20} {hop.changes.brief()}")

# %% tags=["nbval-check-output"]
items = wb.run("minor-delay").journey("BKG-0003").of_kind("item")
kinds = ["claim of the event", "flight SW1234", "BKG-0003 on SW1234"]
check("items", list(dict.fromkeys(hop.name for hop in items)), kinds)
check(
    "the flight's status",
    [field.after for field in items[1].changes.changed if field.key == "status"],
    ["DELAYED"],
)

# %% [markdown]
# **Takeaway:** every effect is claimed before it happens and confirmed after it. For a message that means `SENDING`, then `SENT`; a redrive sends what is not `SENT` and nothing else: [decisions.md](../docs/decisions.md).

# %% [markdown]
# ## Where does the time go?
#
# Each hop wrote down when it began, so each has a share of the time from the record to the last message.
#
# **Predict:** which takes longest: Kafka to Lambda, the workflow engine, or the model?

# %%
journey = wb.run("minor-delay").journey("BKG-0003")
for hop in sorted(journey.hops, key=lambda hop: -(hop.share or 0))[:4]:
    print(f"{hop.share:4.0%}  {hop.kind:9}  {hop.name}")

# %% [markdown]
# A quarter is often the first hop, sending the record and polling it. The mapping waits for no further records (`MaximumBatchingWindowInSeconds` is 0). Lambda's default for Kafka is half a second: fewer calls, and later news.

# %% tags=["nbval-check-output"]
journey = wb.run("minor-delay").journey("BKG-0003")
check("the shares make up the whole", round(sum(hop.share or 0 for hop in journey.hops), 3), 1.0)
check("told within 30 seconds", journey.total_seconds < 30, True)

# %% [markdown]
# **Takeaway:** measure hop by hop before you tune. What costs time here is a setting of the mapping, not code: [kafka_mapping.py](../flightpulse/stack/kafka_mapping.py).

# %% [markdown]
# ## How do I find all of it again?
#
# A support desk has one passenger, one complaint and five services with logs. The correlation id ties them together: the record's header carries it, and every log line and event after it.
#
# **Predict:** you may choose the id. Which logs will mention it?

# %%
run = wb.fire("minor-delay", correlation_id="case-4711")
wb.logs.table(
    "consumer",
    "messenger",
    "delay",
    "email",
    "sms",
    "audit",
    pattern='"case-4711"',
    since=run.began_at,
)

# %% tags=["nbval-check-output"]
run = wb.fire("minor-delay", correlation_id="case-4712")
found = wb.logs.table(
    "consumer", "messenger", "email", "sms", pattern='"case-4712"', since=run.began_at
)
check(
    "logs that mention it",
    sorted(set(found.column("group"))),
    ["consumer", "email", "messenger", "sms"],
)
check("the journey knows it", run.journey().correlation_id, "case-4712")

# %% [markdown]
# **Takeaway:** an id that travels with the event turns five logs into one story. It is a field of the log lines and never a metric's dimension, where every new value would be billed: [telemetry.py](../flightpulse/adapters/telemetry.py). In the field's words: *correlation id* ([glossary](../docs/glossary.md#messages-and-delivery)).

# %% [markdown]
# ## What we simplified
#
# - One broker in memory stands for a cluster; a record's place is real, its durability is not.
# - The local table's stream notes whole seconds, so items have no time of their own in the journey and stand behind the state that wrote them.
# - On AWS each hop takes longer, above all the first call of a function. Measure there before you promise a number.

# %% [markdown]
# ## Exercises
#
# 1. *Change a number.* Fire a delay of 30 minutes: `wb.fire(wb.events.delay("SW1234", 30))`. Which rule takes it, and what is different on the bus?
#    <details><summary>Solution</summary>The same rule, <code>flightpulse-delay</code>. The detail-type is <code>flight.delay.major</code>: 30 minutes are the first that are major.</details>
# 2. *Change the passenger.* Show the journey of `BKG-0001`. Where does it end?
#    <details><summary>Solution</summary>In the chunk. Linh wants neither e-mails nor texts, so nothing is composed for her and nothing written: <code>wb.table.passenger("PAX-0008").notification_preferences</code></details>
# 3. *Break it.* Send something that is no event: `wb.events.send_record(b"25 minutes late", key=b"SW1234")`. How far does it get?
#    <details><summary>Solution</summary>To the consumer, which puts this <em>poison pill</em> into the dead-letter queue with reason and place in Kafka. Records behind it are not held up.</details>

# %% [markdown]
# ## Clean up
#
# This puts the flight and its bookings back to where they began, and deletes the dead letters about it. You may run it twice.

# %% tags=["cleanup"]
wb.dead_letters.purge("SW1234")
wb.table.reset("SW1234")

# %% [markdown]
# ## Where the code lives
#
# - The consumer: [consume.py](../flightpulse/use_cases/consume.py); what it publishes: [docs/flightpulse-spec.md](../docs/flightpulse-spec.md)
# - The workflows: [flightpulse/workflows](../flightpulse/workflows)
# - How a journey is put together: [journey.py](../flightpulse/workbench/observe/journey.py)
# - Read more: [Kafka: topics and partitions](https://kafka.apache.org/documentation/#introduction), [AWS: Lambda and Kafka](https://docs.aws.amazon.com/lambda/latest/dg/with-kafka.html), [AWS: event patterns](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html)
#
# Next: [Write to every tier](03-write-to-every-tier.ipynb).
