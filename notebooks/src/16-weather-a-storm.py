# %% [markdown]
# # Weather a storm, on a budget
#
# A storm is coming, money is short, the model will be down, and everybody has to be told once. You decide what to do before and after, and the system grades you. Then a quiz, and a sheet for your predictions.
#
# - **You will:** buy templates within a budget, let a storm strike, read what is missing, put it right, answer twelve questions, count what you foresaw
# - **You need:** this checkout; no account and no Docker
# - **You know:** what the notebooks before show; 03, 06 and 07 most of all
# - **Time:** 20 minutes
# - **Cost:** 0
# - **Simplified:** two flights instead of two hundred, and prices of the stand-in's model
#
# Recorded on the local cloud; the messages were written by its stand-in model, not by Amazon Bedrock.

# %% [markdown]
# Every hop takes part:
#
# **Kafka → Lambda → EventBridge → Step Functions → DynamoDB, Bedrock → messages**
#
# `storm.begin()` starts over at any time: flights on time, no template for them, nothing spent.

# %% tags=["setup"]
from flightpulse.workbench import check, connect
from flightpulse.workbench.course import predictions, quiz, storm as task

wb = connect()
wb.ready("Kafka", "Lambda", "EventBridge", "Step Functions", "DynamoDB", "Bedrock")

# %% [markdown]
# ## What is coming?
#
# SW5678 will be 90 minutes late, then 150 because of the weather; Kafka will deliver the first record twice, and an older one last. SW9012 will be cancelled because of the weather. The model will be throttled all the time, and the first tier of SW9012's passengers will fail.
#
# **Predict:** whose words would you buy in advance, if you may buy only some?

# %%
storm = task.Storm(wb)
storm.passengers()

# %% tags=["nbval-check-output"]
check("templates that there are to buy", len(wb.templates.list().records), 462)
check("money for them", f"{storm.left} USD", "0.004 USD")
check("passengers of the two flights", len(storm.passengers().rows), 7)

# %% [markdown]
# A segment is a kind of news, a severity, a reason, a tier, and what is special: `delay/SEVERE/WEATHER/A-LIST/assistance`. Whoever has no template reads the written text: correct, and the same for all.
#
# **Takeaway:** what must not fail at the worst moment is prepared before it. [Write to every tier](03-write-to-every-tier.ipynb) does that at leisure.

# %% [markdown]
# ## What if you do nothing?
#
# The first attempt is ours: nothing is bought, and nothing is done afterwards.
#
# **Predict:** five things are graded after the storm. Which hold by themselves, because somebody built them in?

# %%
storm.strike()
first = storm.grade()
first

# %% tags=["nbval-check-output"]
check("what nobody had to do", first.step("order").ok and first.step("protections").ok, True)
check("what is missing", first.missing, ["told", "words", "letters"])

# %% [markdown]
# Nobody read old news after new, and nobody was told twice: that is in the conditions of the writes, whoever is on duty. Who was not told waits in a dead letter, with the reason. Loyal passengers read the written text.
#
# **Takeaway:** a system keeps its promises without you, or they are not promises. What it cannot decide, it keeps for you: [storm.py](../flightpulse/workbench/course/storm.py) has the grading.

# %% [markdown]
# ## Can money be spent well?
#
# `storm.prepare(…)` buys the templates whose names begin like that, if there is money for them.
#
# **Predict:** four thousandths of a dollar. Is that enough for every template about weather?

# %% tags=["raises-exception"]
storm.begin()
storm.prepare("delay/SEVERE/WEATHER", "cancellation/CANCELLED/WEATHER")

# %% [markdown]
# The price is worked out before anything is asked: the plan knows how long each question is. So a budget can be kept, not only regretted.

# %% tags=["nbval-check-output"]
plan = wb.templates.plan("delay/SEVERE/WEATHER", "cancellation/CANCELLED/WEATHER")
check("more than is there", plan.cost.dollars > storm.left, True)
check("nothing was spent", storm.spent == 0, True)

# %% [markdown]
# **Takeaway:** know the price of a call before you make it, and whom it is for. Prices: [prices.py](../flightpulse/workbench/costs/prices.py).

# %% [markdown]
# ## Now you
#
# Buy what matters, let the storm strike, look at the grade, and do what its hint says until all steps are done. `storm.begin()` starts over.
#
# **Predict:** how many templates will you need?
#
# <details><summary>Hint</summary>The table above has four loyal passengers. Two of them have something that changes their words: a request, and a check-in.</details>
#
# <details><summary>A solution</summary><pre>storm.begin()
# storm.prepare("delay/SEVERE/WEATHER/A-LIST-PREFERRED/-", "delay/SEVERE/WEATHER/A-LIST/assistance")
# storm.prepare("cancellation/CANCELLED/WEATHER/A-LIST/-", "cancellation/CANCELLED/WEATHER/A-LIST/checked_in")
# storm.strike()
# wb.dead_letters.redrive()
# storm.grade()</pre></details>

# %%
storm.begin()
# storm.prepare("…")
# storm.strike()
# …
mine = storm.grade()
mine

# %% tags=["nbval-check-output"]
check("the first step to take", mine.missing[0], "storm")

# %% [markdown]
# **Takeaway:** nothing here needed luck, a night shift or a second cloud: a budget spent before, and a queue looked at after. Which of the two does your own system let you do?

# %% [markdown]
# ## What do you know now?
#
# Twelve questions; one answer each.
#
# **Predict:** how many will you have right? Write the number down first.

# %%
quiz.questions()

# %% [markdown]
# Write your answers in, `{1: "b", 2: "a", …}`, and run the cell. Each verdict says why, and where to look it up.

# %%
answers = {1: "b"}
quiz.grade(answers)

# %% tags=["nbval-check-output"]
check("questions", len(quiz.load()), 12)
check("the verdict on the first", quiz.grade({1: "b"}).column(""), ["✓"])

# %% [markdown]
# **Takeaway:** a reason is worth more than a letter. Each leads to the notebook that shows it: [quiz.toml](../flightpulse/workbench/course/quiz.toml).

# %% [markdown]
# ## What did you foresee?
#
# Every section of every notebook asked you to predict something. Count, notebook by notebook, what came true.
#
# **Predict:** in which notebook were you wrong most often?

# %%
came_true = {}  # for example {"00": 4, "06": 2}
predictions.sheet(came_true)

# %% tags=["nbval-check-output"]
check("every notebook asks", all(count > 2 for _, count in predictions.asked().values()), True)

# %% [markdown]
# **Takeaway:** where you were wrong, you learnt something. Where you never were, you may have looked before you guessed.

# %% [markdown]
# ## What we simplified
#
# - One group of passengers fails, once. On a bad day it is many, and `wb.dead_letters.redrive()` is the same line.
# - The budget is for templates only. What an event costs besides is in [Cancel a flight](04-cancel-a-flight.ipynb).
# - The quiz asks for one letter, which can be guessed; the storm cannot.

# %% [markdown]
# ## Exercises
#
# 1. *Change a number.* Do it for half of the money: `task.Storm(wb, budget=task.BUDGET / 2)`.
#    <details><summary>Solution</summary>The same four templates are enough.</details>
# 2. *Change a rule.* Strike within `with wb.protections.without("newest-on-flight", "message-order"):`. Which step of the grade notices?
#    <details><summary>Solution</summary><em>order</em>: the older news comes last and is told last. Once the block has ended, <em>protections</em> is done again.</details>
# 3. *Break it.* Prepare the templates only after the storm has struck, then redrive. Whose words change?
#    <details><summary>Solution</summary>Only those of the group that waited in the dead letters. Who was told is not told again.</details>

# %% [markdown]
# ## Clean up
#
# This puts the two flights back, deletes the dead letters about them and forgets their templates. You may run it twice.

# %% tags=["cleanup"]
wb.protections.restore()
storm.begin()

# %% [markdown]
# ## Where the code lives
#
# - The storm and its grading: [storm.py](../flightpulse/workbench/course/storm.py)
# - The quiz and the sheet: [flightpulse/workbench/course](../flightpulse/workbench/course)
# - What every promise is, and what puts it to the test: [reliability.md](../docs/reliability.md)
# - Read more: [AWS: static stability](https://aws.amazon.com/builders-library/static-stability-using-availability-zones/), [AWS: avoiding insurmountable queue backlogs](https://aws.amazon.com/builders-library/avoiding-insurmountable-queue-backlogs/)
#
# This is the last notebook. The first was [Follow one delay from Kafka to the inbox](00-start-here.ipynb).
