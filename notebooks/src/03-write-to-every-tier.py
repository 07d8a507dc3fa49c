# %% [markdown]
# # Write the same news to every tier
#
# A flight is 90 minutes late. Four people hear it in three tones of voice, in the order of their loyalty, in words that a model wrote and a guard let through. Then you make the model lie.
#
# - **You will:** see who is told first, read the same news in three tiers, look at what the model is asked, try sentences on the guard, and watch it stop a model that makes promises
# - **You need:** this checkout; no account and no Docker
# - **Time:** 15 minutes
# - **Cost:** 0
# - **Simplified:** the model is a stand-in, four passengers make three segments, and all messages are in American English
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
wb.ready()

# %% [markdown]
# ## Who is told first?
#
# SW5678 has four bookings: one A-LIST PREFERRED, one A-LIST, two MEMBER. A mechanical problem makes it 90 minutes late.
#
# **Predict:** all messages are sent within a second. Does the order still matter, and to whom?
#
# <details><summary>Think, then read</summary>To whoever has to find another connection: seats are few. And on a large aircraft the first and the last message are further apart.</details>

# %%
run = wb.fire("major-delay")
run.inbox().order()

# %% tags=["nbval-check-output"]
tiers = [message.tier for message in wb.run("major-delay").messages]
check("tiers in the order of telling", list(dict.fromkeys(tiers)), ["A-LIST PREFERRED", "A-LIST", "MEMBER"])
check("people told", wb.run("major-delay").counts()["passengers_told"], 4)

# %% [markdown]
# Read the column *tier* from top to bottom. The workflow tells one tier after the other: the next begins when the last message of the one before is sent.
#
# **Takeaway:** an order that matters is a state of the workflow, not the luck of a loop. It is `InOrderOfTier` in [notify_passengers.asl.json](../flightpulse/workflows/notify_passengers.asl.json).

# %% [markdown]
# ## How does the same news read in each tier?
#
# The facts must be the same for everybody. The tone may differ.
#
# **Predict:** which of the four parts of the e-mail names the tier?

# %%
wb.run("major-delay").inbox().by_tier("email")

# %% tags=["nbval-check-output"]
letters = wb.run("major-delay").inbox().only("email").by_tier()
tone, news = letters.part("understanding"), letters.part("the news")
named = [tier for tier in letters.tiers if f"{tier} member" in tone[tier]]
check("tiers that their letter names", named, ["A-LIST PREFERRED", "A-LIST"])
check("letters with the new time", sum("11:10 AM" in words for words in news.values()), 3)

# %% [markdown]
# Only *understanding* names the tier. Times, places and the reason are the same in every column, because they do not come from the model. Priya's letter also names her service animal: a booking with a special request gets a sentence for it.
#
# **Takeaway:** loyalty changes the tone and the order, never the facts. Tones are listed in [prompt.py](../flightpulse/domain/prompt.py).

# %% [markdown]
# ## How often was the model asked?
#
# Four passengers got five messages.
#
# **Predict:** how many questions went to the model? And how many would it be for a flight with 200 people on board?
#
# <details><summary>Count, then look</summary>One question for each <em>segment</em>: kind of news, severity, reason, tier, and whether there is a special request. A delay for one reason has at most six segments, whatever the aircraft.</details>

# %%
wb.run("major-delay").segments()

# %% tags=["nbval-check-output"]
segments = wb.run("major-delay").segments()
check("segments", len(segments), 3)
check("passengers in the largest", max(one.passengers for one in segments), 2)

# %% [markdown]
# `wording from` says *model* where it was asked now, and *cache* where the table still had its template from earlier today.
#
# **Takeaway:** model calls grow with segments, not with passengers. A segment is six known words, with no free text: [segments.py](../flightpulse/domain/segments.py).

# %% [markdown]
# ## What does the model get to know?
#
# Below is the whole question for one segment, word for word.
#
# **Predict:** how many names, flights, times and gates are in it?

# %%
mine = draft("delay/MAJOR/MECHANICAL/A-LIST-PREFERRED")
print(mine.question)

# %% tags=["nbval-check-output"]
question = draft("delay/MAJOR/MECHANICAL/A-LIST-PREFERRED").question
daniel, flight = wb.passenger("PAX-0002"), wb.flight("SW5678")
facts = [daniel.first_name, daniel.last_name, daniel.email, daniel.phone, flight.flight_id, "Denver"]
check("facts of Daniel's trip in the question", [fact for fact in facts if fact in question], [])

# %% [markdown]
# The model is told that *somebody* with this tier is late for *some* mechanical reason. It answers with a template; code fills in `{first_name}` and `{departure_time}` from the table.
#
# **Takeaway:** what a model never sees, it cannot leak, and a fact it does not have, it cannot bend. The question is made in [prompt.py](../flightpulse/domain/prompt.py).

# %% [markdown]
# ## What does the guard refuse?
#
# A model may still add something of its own. Every template passes a guard before anybody reads it. Each sentence below is added to a good template, one at a time.
#
# **Predict:** which of these eight would *you* let through?

# %%
tried = draft("delay/MAJOR/MECHANICAL/A-LIST-PREFERRED").try_adding(
    "Thank you for your patience.",
    "You will get a voucher for a meal.",
    "Your gate is now C9.",
    "It will take about two hours.",
    "A hydraulic pump has failed.",
    "There is no need to come to the airport.",
    "Captain Morgan is very sorry.",
    "A shuttle bus is waiting outside.",
)
tried

# %% tags=["nbval-check-output"]
verdicts = dict(zip(tried.column("a model might add"), tried.column(""), strict=True))
good = [sentence for sentence, verdict in verdicts.items() if verdict == "✓ accepted"]
check("let through", good, ["Thank you for your patience."])
check("refused", len(verdicts) - len(good), 7)

# %% [markdown]
# No list of forbidden words foresees a shuttle bus. So it is the other way round: only known words in known clauses may be used, and the other rules say *why* something was refused.
#
# **Takeaway:** the guard is strict because its mistakes cost differently. A wrong refusal costs a written template; a wrong acceptance is a promise to passengers. The rules: [guard.py](../flightpulse/domain/guard.py).

# %% [markdown]
# ## What happens when the model makes a promise?
#
# Now to the running system. The local cloud's model can be told to misbehave: its next answer promises a refund, a seat or a hotel.
#
# **Predict:** will the first passenger read the promise, get another text, or get nothing?

# %%
wb.forget_templates("delay/MAJOR/MECHANICAL")
with wb.model_faults("promise", times=1) as model:
    run = wb.fire("major-delay")
model

# %% tags=["nbval-check-output"]
first = list(run.segments())[0]
turns = [call.turn for call in model.calls if call.segment == first.segment]
check("tries for the first segment", turns, [1, 2])
check("a promise was refused", "promise" in first.refused, True)
check("its wording came from", first.origins, ("model",))

# %% [markdown]
# Look at the first two lines: the same segment was asked about twice. The second time the model was told which rules it had broken, and mended its text.
#
# **Takeaway:** one repair, because a model that is told its mistake often mends it. Who asks and who judges: [wordings.py](../flightpulse/domain/wordings.py).

# %% [markdown]
# ## And when it does not stop?
#
# This time the repair breaks the rules as well.
#
# **Predict:** does the workflow fail? Who notices?

# %%
failed = wb.metric_sum("LLMInvocationsFailed")
wb.forget_templates("delay/MAJOR/MECHANICAL")
with wb.model_faults("promise", times=2):
    run = wb.fire("major-delay")
run.segments()

# %% tags=["nbval-check-output"]
check("wording of each segment from", list(run.segments().origins().values()), ["fallback", "model", "model"])
check("everything expected was seen", run.ok, True)
check("LLMInvocationsFailed rose by", int(wb.metric_sum("LLMInvocationsFailed") - failed), 1)

# %% [markdown]
# `fallback` stands for the written template of that segment: people wrote it, and it passes the same guard. Daniel reads a good message either way, and an operator sees a metric rise.
#
# **Takeaway:** a model is a guest in this system: welcome, never needed. The written templates: [fallbacks.py](../flightpulse/domain/fallbacks.py).

# %% [markdown]
# ## What we simplified
#
# - The stand-in picks from phrases by a fixed rule and errs only when it is told to. A language model errs by itself, and the guard would refuse more often.
# - The vocabulary is English, so the guard refuses any other language. A second locale needs a second vocabulary.
# - Templates are kept for a day. `forget_templates` deletes them here so that the model is asked again; nothing in the system itself does.

# %% [markdown]
# ## Exercises
#
# 1. *Change a number.* Fire `wb.fire(wb.delay("SW5678", 150, "MECHANICAL"), reset=True)` and look at `.inbox().by_tier()`. What has become of the tone?
#    <details><summary>Solution</summary>Above 120 minutes the delay is SEVERE: every letter apologizes more and says how the team can help.</details>
# 2. *Change a rule.* Take the placeholder for the new time out of the text: `draft("delay/MAJOR/MECHANICAL/MEMBER").saying("{departure_time}", "later").rules`. Which rules notice?
#    <details><summary>Solution</summary><code>missing_placeholder</code> first of all: a message about a delay has to say when the flight leaves, in the e-mail and in the text.</details>
# 3. *Break it.* Let the model answer in another language: `with wb.model_faults("wrong_language"): …` as above. What do the passengers read?
#    <details><summary>Solution</summary>The written templates: <code>run.segments()</code> shows <em>fallback</em>, and <em>language</em> among the rules.</details>

# %% [markdown]
# ## Clean up
#
# This puts the flight back and forgets the templates of this notebook. You may run it twice.

# %% tags=["cleanup"]
wb.reset("SW5678")
wb.forget_templates("delay/MAJOR/MECHANICAL")

# %% [markdown]
# ## Where the code lives
#
# - What a model is asked: [prompt.py](../flightpulse/domain/prompt.py); the function that asks: [llm_messenger.py](../flightpulse/functions/llm_messenger.py)
# - The guard and its words: [guard.py](../flightpulse/domain/guard.py), [vocabulary.py](../flightpulse/domain/vocabulary.py)
# - More ways to misbehave: [local-cloud.md](../docs/local-cloud.md)
#
# Next: [Cancel a flight](04-cancel-a-flight.ipynb).
