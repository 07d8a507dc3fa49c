# %% [markdown]
# # Watch metrics, logs and alarms
#
# A system without servers still has to say how it is. You follow numbers from a log line to a chart, find everything about one event, and make an alarm go off and calm down.
#
# - **You will:** read metrics from CloudWatch, see where they come from, join logs by one id, set off an alarm, look at latency, follow a trace
# - **You need:** this checkout; no account and no Docker
# - **You know:** what a log and a metric are
# - **Time:** 8 minutes
# - **Cost:** 0
# - **Simplified:** the alarm is a copy that looks every 10 seconds instead of every 5 minutes
#
# Recorded on the local cloud; the messages were written by its stand-in model, not by Amazon Bedrock.

# %% [markdown]
# Every hop of this strip writes logs, and some of the lines are also numbers:
#
# **Kafka → Lambda → EventBridge → Step Functions → DynamoDB, Bedrock → messages**

# %% tags=["setup"]
from flightpulse.workbench import check, connect

wb = connect()
wb.ready("Lambda", "Step Functions", "messages")

# %% [markdown]
# ## What does one event add to the numbers?
#
# A flight with three bookings is late; two of its passengers want e-mails and texts. The numbers before and after are asked of CloudWatch, as a dashboard would ask.
#
# **Predict:** by how much does each of these four grow: delays, affected passengers, messages, workflows?

# %%
from datetime import UTC, datetime, timedelta

names = ["DelayEventsProcessed", "AffectedPassengers", "NotificationsSent", "WorkflowExecutions"]
hour = datetime.now(UTC) - timedelta(hours=1)
before = {name: wb.metrics.sum(name, since=hour) for name in names}
wb.fire("minor-delay")
wb.metrics.chart(*names[:3])

# %% tags=["nbval-check-output"]
grown = [int(wb.metrics.sum(name, since=hour) - before[name]) for name in names]
check("delays, affected passengers, messages, workflows", grown, [1, 3, 4, 1])

# %% [markdown]
# CloudWatch keeps a sum per minute and forgets the single event. Three people are affected and four messages go out: one wants neither, two want both.
#
# **Takeaway:** metrics say *how much*, cheaply and for long; they never say *which*. What each of ours counts is in [flightpulse-spec.md](../docs/flightpulse-spec.md).

# %% [markdown]
# ## Where do the numbers come from?
#
# The consumer makes no call to CloudWatch. It logs a line in the *embedded metric format*, and CloudWatch takes the numbers out of it.
#
# **Predict:** does the line name the flight?

# %%
wb.fire("minor-delay")
line = wb.metrics.embedded("consumer")[-1]
line

# %% [markdown]
# No flight, no passenger: each combination of dimensions is a metric of its own, for USD 0.30 a month. Ids are fields of ordinary log lines. For messages and workflows not even a function is there that could count, so *metric filters* count lines of other services' logs:

# %%
wb.metrics.filters()

# %% tags=["nbval-check-output"]
check("metrics in the line", sorted(line.values), ["AffectedPassengers", "DelayEventsProcessed"])
check("dimensions of the line", sorted(line.dimensions), ["event_type", "service", "severity"])
counted = sorted(set(wb.metrics.filters().column("metric")))
filtered = ["AwareToTold", "NotificationsSent", "WorkflowExecutions", "WorkflowFailures"]
check("metrics counted by filters", counted, filtered)

# %% [markdown]
# **Takeaway:** a metric is a log line that CloudWatch has read. One writes it ([telemetry.py](../flightpulse/adapters/telemetry.py)), or a filter finds it ([log_metrics.py](../flightpulse/stack/log_metrics.py)).

# %% [markdown]
# ## How do you find everything about one event?
#
# A cancellation touches three functions, three workflows, two channels and the audit log. It carries a correlation id; this one we choose ourselves.
#
# **Predict:** how many log groups know it?

# %%
run = wb.fire("cancellation", correlation_id="fog-over-oakland")
run.audit  # waits until the table's stream has told the audit log
story = wb.logs.table(pattern='"fog-over-oakland"', since=run.began_at)
story

# %% tags=["nbval-check-output"]
groups = sorted(set(story.column("group")))
check(
    "log groups that know it",
    groups,
    ["audit", "consumer", "email", "messenger", "sms", "stream"],
)
check(
    "messages that carry it",
    {message.correlation_id for message in run.messages},
    {"fog-over-oakland"},
)

# %% [markdown]
# Read from top to bottom it is the story of one flight, told by six log groups. Every line is JSON with a sentence in it, and the same id.
#
# **Takeaway:** an id that every hop hands on turns scattered logs into one story. `flightpulse logs` and the [journey](02-follow-a-minor-delay.ipynb) use nothing else. In the field's words: *observability*, asking what nobody foresaw ([glossary](../docs/glossary.md#running-it)).

# %% [markdown]
# ## What wakes somebody up?
#
# Notifying the passengers is made to fail for a moment. `workflow-failures` watches a metric that a filter makes of execution logs, and goes off at one failure in five minutes. A copy of it looks every ten seconds, so that you need not wait.
#
# **Predict:** what brings the alarm back to OK: a success, or time?

# %%
with wb.metrics.quick_alarm("workflow-failures") as alarm:
    alarm.wait_for("OK")
    with wb.faults.task("NotifyPassengers", error="States.TaskFailed"):
        failed = wb.fire(wb.events.delay("SW1234", 50), reset=True)
    alarm.wait_for("ALARM")
    alarm.wait_for("OK")
    changes = alarm.history()
letters = wb.dead_letters.table("SW1234")
display(changes, letters)

# %% tags=["nbval-check-output"]
check(
    "states of the alarm",
    [became.split()[1] for became in changes.column("became")][-3:],
    ["OK", "ALARM", "OK"],
)
check("why it waits", letters.column("why")[-1], "States.TaskFailed: injected")
sent_back = wb.dead_letters.redrive("notifications").to_frame()
check("sent back", set(sent_back[sent_back["what"].str.contains("SW1234")]["mark"]), {"✓"})
told = wb.inbox(flight="SW1234", since=failed.began_at)
check("messages about it, and those told twice", [len(told), len(told.repeated())], [4, 0])

# %% [markdown]
# Time: the next period had no failure, and no data counts as good (`notBreaching`). That does not mean that anything was repaired: the event waits in the dead letters. Its cause is gone, so it is sent back. Nobody had been told, so everybody is told now, once.
#
# **Takeaway:** an alarm says that something needs a person; only what was kept can be repaired. Alarms: [alarms.py](../flightpulse/stack/alarms.py). Dead letters in a terminal: `flightpulse redrive --list`. In the field's words: *dead-letter queue* and *redrive* ([glossary](../docs/glossary.md#messages-and-delivery)).

# %% [markdown]
# ## What does somebody see who looks?
#
# There are two dashboards: one for what the airline wants to know, one for the machinery. Each is a definition in JSON that CloudWatch keeps; here it is drawn from that definition, with the values that CloudWatch has.
#
# **Predict:** which of the two do you look at first at night?

# %%
display(wb.metrics.draw("business", minutes=20), wb.metrics.draw("technical", minutes=20))

# %% [markdown]
# *Seconds from aware to told* is the promise of 14 CFR 259.8: passengers hear of a change within 30 minutes after the airline knows. Look at p99, the passenger who waited longest of a hundred, not at the average. The machinery:
#
# The alarms by name. If you have just made a workflow fail, the real `workflow-failures` says `✗ ALARM`, until its five minutes are over, and so does `passengers-wait`: it is made of the alarms that keep news from passengers, and is the one to wake somebody with. What to do about each is in the [runbook](../docs/runbook.md).

# %%
wb.metrics.alarms()

# %% tags=["nbval-check-output"]
promised = ["DelayEventsProcessed", "CancellationEventsProcessed", "GateChangeEventsProcessed"]
promised += ["NotificationsSent", "LLMInvocationsSuccess", "LLMInvocationsFailed"]
promised += ["WorkflowExecutions", "AffectedPassengers"]
shown = ", ".join(wb.metrics.dashboard().column("shows"))
check("promised metrics on the dashboard", sum(metric in shown for metric in promised), 8)
watched = wb.metrics.alarms()
parts = [len(watched), watched.rows[0][2]]
check("alarms, and those that the first is made of", parts, [26, "10 alarms"])

# %% [markdown]
# **Takeaway:** start from what passengers feel (told in time, in whose words), then go down to errors and throttles. A dashboard is code too: [dashboard.py](../flightpulse/stack/dashboard.py).

# %% [markdown]
# ## Is it fast enough?
#
# An average hides the passenger who waited longest. The curve shows for every duration which share of the messages was faster.
#
# **Predict:** half of the messages arrive within some time. How much longer do the last five percent take?

# %%
wb.fire("rapid-sequence")
latency = wb.run("rapid-sequence").timing.latency()
latency.picture(target=10)

# %% tags=["nbval-check-output"]
run = wb.run("rapid-sequence")
check("every message was measured", len(latency.seconds) == len(run.messages), True)
check("p95 is not better than p50", latency.p95 >= latency.p50 > 0, True)

# %% [markdown]
# Read the curve from the left: at the dashed line (p50) half are out, at the dotted one (p95) all but a few. A target is a sentence such as "95 % within 10 seconds", and the solid line makes it visible. For another cut, by tier and channel for example, `run.inbox().to_frame()` gives the messages as a DataFrame.
#
# **Takeaway:** measure from where the passenger's wait begins, here the Kafka record, to where it ends, not one function's duration. Chart and percentiles: [charts.py](../flightpulse/workbench/show/charts.py). In the field's words: *percentile* ([glossary](../docs/glossary.md#running-it)).

# %% [markdown]
# ## Where did the time go?
#
# Logs and metrics say that it took long, not where. A *trace* does: every service writes down when it began, when it ended and who called it, under one id, and [X-Ray](https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html) puts it together. Between Kafka and Lambda nobody hands the id on, so the producer puts it into a header of the record.
#
# **Predict:** which service does one event call most often?

# %%
run = wb.fire("minor-delay")
trace = wb.traces.of(run.event_ids[0])
display(trace.service_map(), trace.waterfall())

# %% tags=["nbval-check-output"]
spans = trace.to_frame()
check("the trace begins in", trace.services[0], "flight-operations")
own = spans[(spans["kind"] == "segment") & spans["service"].str.contains("Workflow|Notify")]
check(
    "workflows in it",
    own["service"].str.removeprefix("FlightPulse-").tolist(),
    ["DelayWorkflow", "NotifyPassengers", "NotifyChunk", "NotifyChunk"],
)
called = spans[spans["kind"] == "inferred"]["service"].astype(str)
check("called most often", called.value_counts().idxmax(), "FlightPulseTable")

# %% [markdown]
# The table: it is asked for the flight, holds every claim and gives the templates. Being called often is not the same as taking long: look at the longest bars that have nothing below them.
#
# **Takeaway:** one id over all services turns "it was slow" into "this call was slow". Ids of events and flights are annotations, by which traces are found; people are in none. One module writes them: [tracing.py](../flightpulse/adapters/tracing.py). In a terminal: `flightpulse trace EVENT_ID`.

# %% [markdown]
# ## What we simplified
#
# - On AWS the alarm needs its five minutes, and its topic would tell a subscriber. Here the copy has no actions.
# - Locally DynamoDB does not count the capacity of transactions, Logs Insights knows no `stats`, and X-Ray keeps no sampling rules. [The whole list](../docs/local-cloud.md).
# - Latencies are this machine's, and the first calls of a function are slower.

# %% [markdown]
# ## Exercises
#
# 1. *Change a number.* Use `wb.metrics.quick_alarm("workflow-failures", period=20)`. How long does ALARM last?
#    <details><summary>Solution</summary>Between 20 and 40 seconds: the period with the failure has to end, and one more without any. With five minutes it is five to ten.</details>
# 2. *Change a rule.* Filter patterns know fields: try <code>wb.logs.table("consumer", pattern='{ $.severity = "MINOR" }')</code>. Why do some lines come twice?
#    <details><summary>Solution</summary>One line has the sentence, the other is the metric line of the same call: <code>severity</code> is a field of both.</details>
# 3. *Break it.* Make the model fail, so that <code>fallback-rate</code> goes off: <code>wb.templates.forget()</code>, then fire within <code>wb.faults.model("down")</code>.
#    <details><summary>Solution</summary>Within <code>wb.metrics.quick_alarm("fallback-rate", period=60) as alarm</code> fire <code>"rapid-sequence"</code> and <code>alarm.wait_for("ALARM")</code>. Everybody is told all the same, in the written words.</details>

# %% [markdown]
# ## Clean up
#
# This puts the flights back to where they were, and deletes the dead letters about them. You may run it twice.

# %% tags=["cleanup"]
wb.dead_letters.purge("SW1234", "SW3456", "SW5678", "SW7890", "SW9012")
wb.table.reset("SW1234", "SW3456", "SW5678", "SW7890", "SW9012")

# %% [markdown]
# ## Where the code lives
#
# - What the stack watches: [alarms.py](../flightpulse/stack/alarms.py), [log_metrics.py](../flightpulse/stack/log_metrics.py), [dashboard.py](../flightpulse/stack/dashboard.py)
# - What functions log and count: [telemetry.py](../flightpulse/adapters/telemetry.py)
# - CloudWatch on this machine: [services/cloudwatch](../localcloud/services/cloudwatch)
# - Read more: [AWS: the embedded metric format](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html), [AWS: alarms](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html), [AWS: dead-letter queues](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html)
#
# Next: [Step through an execution](08-step-through-an-execution.ipynb).
