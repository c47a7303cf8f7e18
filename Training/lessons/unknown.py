"""What is not of the small world: words that it has none for, pictures of something else, nothing at all."""

from __future__ import annotations

from world import vocabulary as v
from world.randomness import SplitMix64
from world.scene import TAUGHT, Scene, make_scene
from world.sentences import change_phrase, scene_phrase
from world.scene import change_scene
from world.tasks import GROUNDING_BEFORE, UNKNOWN, VQA_AFTER, VQA_BEFORE, Example, Picture, Text

from . import questions, requests
from . import words as w
from .edits import change_words

NOUNS = """dog horse bird house tree car boat mountain river city man woman child face hand flower apple banana orange
table chair window door road bridge train plane bicycle street garden forest beach ocean lake island desert snow rain
cloud sun moon sky planet rocket robot dragon castle king queen soldier doctor teacher student farmer cook baker
painter dancer singer guitar piano violin drum trumpet book letter paper pencil lamp candle clock watch phone computer
keyboard mouse screen camera bottle glass cup plate spoon fork knife bread cheese milk coffee tea sugar salt pepper
soup salad pizza burger cake cookie egg fish meat rice noodle lemon cherry grape melon potato tomato carrot onion shirt
coat hat shoe sock glove scarf dress skirt pants ring necklace crown bag box basket bucket rope ladder hammer nail saw
drill brush broom pillow blanket bed sofa mirror carpet curtain stone rock sand water fire smoke ice wood metal gold
silver cow pig sheep goat chicken duck goose rabbit fox wolf bear lion tiger monkey elephant giraffe zebra whale shark
dolphin frog snake turtle spider bee ant butterfly worm leaf grass bush root seed fruit farm barn school church
hospital museum market shop hotel office factory airport station harbor tower wall roof floor stairs kitchen bathroom
bedroom family friend baby boy girl people crowd party wedding birthday game ball toy doll puzzle card dice kite
balloon football tennis music song dance movie story poem joke hexagon pentagon octagon oval ellipse rectangle pyramid
cube sphere cone cylinder arrow spiral line dot heart moonlight letter number portrait landscape sunset sunrise storm
rainbow shadow sketchbook newspaper magazine statue fountain""".split()
COLOURS = ("orange", "pink", "brown", "grey", "gray", "golden", "silver", "beige", "magenta", "striped", "transparent",
           "rainbow")
SCENES = ("a {n}", "the {n}", "draw a {n}", "a photo of a {n}", "a picture of a {n}", "please draw a {n} and a {m}",
          "{n}", "{n} and {m}", "a {c} {n}", "a {s} {c} {n} {at}", "a {s} {c} {n} {at} on a {g} background",
          "a {n} with a {m}", "a {n} in the {m}", "two {n}s on a {m}", "show me the {n} of the {m}",
          "paint a {n} next to a {m}", "a {k} {sh} {at}", "a {s} {k} {sh}", "draw a {k} {sh} {at} on a {g} background",
          "a {s} {c} {sh} and a {n}", "a {n} and a {s} {c} {sh} {at}", "a {sh} made of {n}",
          "a {c} {n} on a {g} background", "an old {n}", "a {n} under the {m} at night",
          "a {sh} that looks like a {n}", "a {s} {c} {n} {at} and a {s} {c} {sh} {at} on a {g} background", "{c} {n}s")
TALK = ("hello", "hi", "hello, how are you?", "who are you?", "what is your name?", "tell me a joke",
        "tell me about the {n}", "write a poem about a {n}", "what is the capital of the {n}?", "how do i cook {n}?",
        "where is my {n}?", "thank you", "good morning", "what can you do?", "help", "i like my {n}",
        "the {n} is in the {m}", "once upon a time there was a {n}", "what is a {n}?", "why is the {n} {c}?",
        "my {n} has a {m}", "{n} {m} {n}", "translate {n}", "what time is it?", "sing a song", "test", "asdf",
        "how old are you?", "do you know the {n}?", "please help me with my {n}", "is the {n} {c}?", "2 + 2", "?",
        "...", "1 2 3", "explain {n} and {m}", "can you hear me?")
ABOUT = ("where is the {n}?", "what color is the {n}?", "how many {n}s are there?", "make the {sh} {k}", "add a {n}",
         "add a {c} {n}", "remove the {n}", "turn the {sh} into a {n}", "now the {n} is {c}",
         "move the {n} to the {p}", "what is the {n} doing?", "who is in the picture?", "now the {sh} is a {n}",
         "what does the {n} look like?", "put a {n} {at}")


def noun(random: SplitMix64) -> str:
    """A word of everyday life, or letters that are none."""
    if random.percent(80):
        return random.choice(NOUNS)
    letters = ("bcdfghjklmnprstvwz", "aeiou")
    return "".join(random.choice(letters[i % 2]) for i in range(3 + random.below(7)))


def fill(random: SplitMix64, words: str) -> str:
    """Puts words into a phrase's gaps."""
    scene = make_scene(random, 1, TAUGHT)
    thing = scene.things[0]
    return words.format(
        n=noun(random), m=noun(random), c=w.colour(random, thing), k=random.choice(COLOURS), s=w.size(random, thing),
        sh=w.shape(random, thing), at=w.at(random, thing.position), p=w.place(random, thing.position),
        g=random.choice(w.BACKGROUNDS[scene.background]))


def misspelt(random: SplitMix64, scene: Scene) -> str:
    """A scene's words with a shape that there is none of."""
    words = scene_phrase(scene, random)
    return words.replace(v.SHAPES[random.choice(scene.things).shape], noun(random))


def unknown_words(random: SplitMix64) -> Example:
    """Words alone that nothing can be drawn for, or none at all."""
    pick = random.below(100)
    if pick < 4:
        return Example("unknown", (Text(UNKNOWN, True),))
    if pick < 60:
        words = fill(random, random.choice(SCENES))
    elif pick < 75:
        words = misspelt(random, make_scene(random, 2, TAUGHT))
    else:
        words = fill(random, random.choice(TALK))
    if pick < 60 and random.percent(20):
        words = f"{random.choice(requests.BEFORE)} {words}"
    words = w.written(random, words) if pick > 5 else random.choice((" ", "?", ".", "!"))
    return Example("unknown", (Text(words), Text(f" {UNKNOWN}", True)))


def unknown_about(random: SplitMix64, scene: Scene) -> Example:
    """Unknown words about a picture of the world."""
    words = w.written(random, fill(random, random.choice(ABOUT)))
    return Example("unknown", (Picture(scene), Text(words), Text(f" {UNKNOWN}", True)))


def unknown_picture(random: SplitMix64, seed: int) -> Example:
    """A picture of something else, with what is asked about pictures, or nothing."""
    picture, other = Picture(Scene(0, 0, ()), unknown=seed), make_scene(random, 2, TAUGHT)
    said = Text(f" {UNKNOWN}", True)
    pick = random.below(100)
    if pick < 20:
        return Example("unknown", (picture, Text(UNKNOWN, True)))
    if pick < 40:
        return Example("unknown", (picture, Text(random.choice(("a photo of ", "a photo of"))), said))
    if pick < 50:
        changed, change = change_scene(random, other, TAUGHT)
        words = change_phrase(change, random) if random.percent(50) else change_words(random, change, other)
        return Example("unknown", (picture, Text(w.written(random, words)), said))
    if pick < 55:
        return Example("unknown", (picture, Text(f"{GROUNDING_BEFORE}the {v.SHAPES[other.things[0].shape]}<box>"),
                                   said))
    # A question about another picture.
    asked = questions.QUESTIONS[random.choice(tuple(questions.QUESTIONS))](random, other)
    parts = [picture if isinstance(part, Picture) else part for part in asked.parts[:-1]]
    if pick < 65 and isinstance(parts[0], Picture) and len(parts) == 2:
        parts = [Text(VQA_BEFORE), picture, Text(parts[1].words + VQA_AFTER)]
    return Example("unknown", (*parts, said if isinstance(parts[-1], Text) else Text(UNKNOWN, True)))
