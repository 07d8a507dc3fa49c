# %% [markdown]
# # Write the same news to every tier
#
# A flight is 90 minutes late. Four people hear it in three tones of voice, in the order of their loyalty, in words that a model drafted, a lint and a reviewer let through, or a person approved. Then you make the model lie.
#
# - **You will:** see who is told first, read what a model is asked, have templates prepared at a known price, try inventions on both layers, approve one in your own words, and watch a liar fail
# - **You need:** this checkout; no account and no Docker
# - **You know:** that a language model continues a text, and may make things up
# - **Time:** 20 minutes
# - **Cost:** 0
# - **Simplified:** author and reviewer are one stand-in, four passengers make three segments, and all messages are in American English
#
# Recorded on the local cloud; the messages were written by its stand-in model, not by Amazon Bedrock.

# %% [markdown]
# The hop under study is in bold:
#
# Kafka → Lambda → EventBridge → Step Functions → DynamoDB, **Bedrock** → **messages**

# %% tags=["setup"]
from flightpulse.workbench import check, connect
from flightpulse.workbench.messages.drafts import draft

wb = connect()
wb.ready("Bedrock")

# %% [markdown]
# ## Who is told first, and in which words?
#
# SW5678 has four bookings: one A-LIST PREFERRED, one A-LIST, two MEMBER. A mechanical problem makes it 90 minutes late.
#
# **Predict:** which of the four parts of the e-mail names the tier?

# %%
run = wb.fire("major-delay")
run.inbox().by_tier("email")

# %% tags=["nbval-check-output"]
tiers = [message.tier for message in wb.run("major-delay").messages]
check(
    "tiers in the order of telling",
    list(dict.fromkeys(tiers)),
    ["A-LIST PREFERRED", "A-LIST", "MEMBER"],
)
letters = wb.run("major-delay").inbox().only("email").by_tier()
named = [
    tier for tier in letters.tiers if f"{tier} member" in letters.part("understanding")[tier]
]
check("tiers that their letter names", named, ["A-LIST PREFERRED", "A-LIST"])
news = letters.part("the news").values()
check("letters with the new time", sum("11:10 AM" in words for words in news), 3)

# %% [markdown]
# Whatever a run knows is also a DataFrame, for a question that no table of ours answers:

# %%
told = wb.run("major-delay").inbox().to_frame()
told.groupby(["tier", "channel"], observed=True)["passenger_id"].nunique().unstack(fill_value=0)

# %% [markdown]
# Only *understanding* names the tier. Times, places and the reason are the same in every column, because they do not come from the model. The order is a state of the workflow: `InOrderOfTier` in [notify_passengers.asl.json](../flightpulse/workflows/notify_passengers.asl.json).
#
# **Takeaway:** loyalty changes the tone and the order, never the facts. What may change words is listed per kind of news in [news](../flightpulse/messages/news).

# %% [markdown]
# ## What does the model get to know?
#
# One question is asked for each *segment*: kind of news, severity, reason, tier, and circumstances such as a special request or a connection at risk. Here is one, word for word.
#
# **Predict:** how many names, flights, times and gates are in it? And how many questions are there in all?

# %%
SEGMENT = "delay/MAJOR/MECHANICAL/A-LIST-PREFERRED"
print(draft(SEGMENT).question)

# %% tags=["nbval-check-output"]
question = draft(SEGMENT).question
daniel, flight = wb.table.passenger("PAX-0002"), wb.table.flight("SW5678")
facts = [
    daniel.first_name,
    daniel.last_name,
    daniel.email,
    daniel.phone,
    flight.flight_id,
    "Denver",
]
check("facts of Daniel's trip in the question", [fact for fact in facts if fact in question], [])
check("segments in all", len(wb.templates.list().records), 462)

# %% [markdown]
# The model answers with a template; code fills in `{first_name}` and `{departure_time}` from the table. So the number of questions does not grow with passengers: 462, whatever the airline's size.
#
# **Takeaway:** what a model never sees, it cannot leak, and a fact it does not have, it cannot bend. The question is made in [prompt.py](../flightpulse/messages/prompt.py).

# %% [markdown]
# ## What does it cost to have them ready?
#
# `prepare` has the deployed messenger draft and review templates ahead of any event.
#
# **Predict:** two calls for each of twelve segments: does that cost more like a cent or like a dollar?

# %%
wb.templates.forget("delay/MAJOR/MECHANICAL")
plan = wb.templates.plan("delay/MAJOR/MECHANICAL")
print(plan)
prepared = wb.templates.prepare(plan)
prepared

# %% tags=["nbval-check-output"]
check("templates approved", list(prepared.outcomes.values()).count("APPROVED"), 12)
run = wb.fire("major-delay")
check("wording of each segment from", set(run.segments().origins().values()), {"cache"})
check("model calls while it ran", run.counts()["model_calls"], 0)

# %% [markdown]
# The price is that of the model whose id the stack names; the local cloud charges nothing. All 462 are paid once for each change of the prompts; `flightpulse templates prepare` says what they cost before it asks anybody.
#
# **Takeaway:** prepared templates put no model between an event and its passengers. What nobody prepared is drafted in time, or the written text goes out: [wording.py](../flightpulse/messages/wording.py).

# %% [markdown]
# ## What does each layer catch?
#
# A draft passes a *lint* first: rules that a pattern or a count can decide. Then a *reviewer*, a model as well, judges every sentence against the segment's brief. Each sentence below is added to an approved template, one at a time.
#
# **Predict:** which of these eight are for the lint, which for the reviewer, and which one is fine?

# %%
mine = wb.templates.show(SEGMENT).draft
tried = mine.try_adding(
    "Thank you for your patience.",
    "Your gate is now C9.",
    "It will take about two hours.",
    "Captain Morgan is very sorry.",
    "You will get a voucher for a meal.",
    "A hydraulic pump has failed.",
    "There is no need to come to the airport.",
    "A shuttle bus is waiting outside.",
    reviewer=wb.templates.reviewer(),
)
tried

# %% tags=["nbval-check-output"]
said = tried.column("the reviewer says")
check("caught by the lint", said.count("not asked"), 3)
check("caught by the reviewer", sum(words.startswith("invention") for words in said), 4)
check("let through", said.count("nothing invented"), 1)

# %% [markdown]
# A pattern finds figures and names; that nobody offers a voucher has to be understood. The stand-in only knows its own phrases, so it calls everything else an invention. A capable model was tried on 672 such sentences: the lint caught 85, the reviewer 577, neither 10. `python -m tools.messages` prints them.
#
# **Takeaway:** two layers, each for what it can decide: [lint.toml](../flightpulse/messages/lint.toml) and [review.txt](../flightpulse/messages/review.txt).

# %% [markdown]
# ## Who checks the reviewer?
#
# A small model would approve anything. Each review therefore mixes in *canaries*: sentences whose verdict is known. Here the reviewer calls everything fine.
#
# **Predict:** how many templates will be approved?

# %%
wb.templates.forget("delay/MAJOR/MECHANICAL")
with wb.faults.model("approve_all") as model:
    run = wb.fire("major-delay")
run.segments()

# %% tags=["nbval-check-output"]
canaries = [
    sentence for sentence in mine.review_request.sentences if sentence.part.startswith("canary")
]
check("canaries in one request", len(canaries), 5)
check("wording of each segment from", list(run.segments().origins().values()), ["fallback"] * 3)
check("why", {rule for segment in run.segments() for rule in segment.refused}, {"reviewer"})
check("everything expected was seen", run.ok, True)

# %% [markdown]
# One wrong verdict on a canary, and the reviewer is not believed: nothing is approved, everybody reads the text that people wrote. A refusal is kept for an hour, so that the next event does not pay again.
#
# **Takeaway:** a model that judges is judged. Canaries find a reviewer that judges badly in general, not one that overlooks a single sentence: its rates are counts, not promises. In the field's words: *canary*, a question whose answer is known ([glossary](../docs/glossary.md#language-models)).

# %% [markdown]
# ## And when a person decides?
#
# With the context `template_review=person` drafts wait. A person's word also counts over a model's: you can approve a refused draft, in other words.
#
# **Predict:** may a person write a time into a template?

# %% tags=["raises-exception"]
words = mine.template.to_fields()
late = {**words, "sms": words["sms"].replace("{departure_time}", "noon")}
wb.templates.approve(SEGMENT, by="Dana", template=late)

# %% tags=["nbval-check-output"]
warmer = {**words, "subject": "We are sorry: {flight} to {destination} leaves later"}
record = wb.templates.approve(SEGMENT, by="Dana", template=warmer)
check("state", (str(record.status), record.reviewed_by), ("APPROVED", "Dana"))
run = wb.fire("major-delay", reset=True)
first = next(iter(run.inbox().only("email")))
check("subject", first.subject, "We are sorry: SW5678 to Denver leaves later")

# %% [markdown]
# The lint holds for people as well: a fact in the words would be true for one flight only. No model writes over a person's word, and it outlives a change of model.
#
# **Takeaway:** a template has a life of its own: who drafted it, who approved it, for which prompts. It is an item of the table: [template_table.py](../flightpulse/adapters/template_table.py). In the field's words: *human in the loop* ([glossary](../docs/glossary.md#language-models)).

# %% [markdown]
# ## What if the author lies in a running system?
#
# This time every draft promises a refund, a seat or a hotel, and nothing is prepared.
#
# **Predict:** does the first passenger read the promise, another text, or nothing?

# %%
wb.templates.forget("delay/MAJOR/MECHANICAL")
with wb.faults.model("promise") as model:
    run = wb.fire("major-delay", reset=True)
run.segments()

# %% tags=["nbval-check-output"]
texts = " ".join(message.text for message in run.messages)
check(
    "promises in messages",
    [word for word in ("refund", "voucher", "hotel", "lounge") if word in texts],
    [],
)
check("people told", run.counts()["passengers_told"], 4)
check("everything expected was seen", run.ok, True)

# %% [markdown]
# A sentence too many is left out, and the rest of the draft is used; a draft that cannot do without it goes back to its author once, then the written text goes out. *found in drafts* says which layer objected.
#
# **Takeaway:** a model is a guest in this system: welcome, never needed. The texts that people wrote stand beside each brief: [delay.toml](../flightpulse/messages/news/delay.toml). In the field's words: *hallucination*, a fluent sentence that nothing supports ([glossary](../docs/glossary.md#language-models)).

# %% [markdown]
# ## What we simplified
#
# - The stand-in picks from phrases by a fixed rule, and reviews by knowing them. A language model errs by itself, in both roles; rates measured with a capable one are in [reliability.md](../docs/reliability.md).
# - Here one model plays both roles. The reviewer's id is a parameter of its own, and a second opinion from another family of models is worth its price.
# - Another language needs words of its own in each kind of news, and a lint for it.

# %% [markdown]
# ## Exercises
#
# 1. *Change a number.* Fire `wb.fire(wb.events.delay("SW5678", 150, "MECHANICAL"), reset=True)` and look at `.inbox().by_tier()`. What has become of the tone?
#    <details><summary>Solution</summary>Above 120 minutes the delay is SEVERE: every letter apologizes more and says how the team can help.</details>
# 2. *Change a rule.* Take the placeholder for the new time out of the text: `draft("delay/MAJOR/MECHANICAL/MEMBER").saying("{departure_time}", "later").rules`. Which rules notice?
#    <details><summary>Solution</summary><code>missing_placeholder</code>: a message about a delay has to say when the flight leaves, in the e-mail and in the text.</details>
# 3. *Break it.* Let the reviewer refuse everything: `with wb.faults.model("refuse_all"): …` as above. What do the passengers read, and what does `wb.templates.show(…)` say?
#    <details><summary>Solution</summary>The written texts: honest canaries were refused as well, so the reviewer is not believed, and the record is REFUSED with the rule <em>reviewer</em>.</details>

# %% [markdown]
# ## Clean up
#
# This puts the flight back and forgets the templates of this notebook. You may run it twice.

# %% tags=["cleanup"]
wb.table.reset("SW5678")
wb.templates.forget("delay/MAJOR");

# %% [markdown]
# ## Where the code lives
#
# - What models are asked: [prompt.py](../flightpulse/messages/prompt.py), [review.py](../flightpulse/messages/review.py); the function that asks: [llm_messenger.py](../flightpulse/functions/llm_messenger.py)
# - The life of a template on the command line: `flightpulse templates --help`
# - More ways to misbehave: [local-cloud.md](../docs/local-cloud.md)
# - Read more: [AWS: the Converse API](https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference.html), [AWS: prompt injection](https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-injection.html)
#
# Next: [Cancel a flight](04-cancel-a-flight.ipynb).
