"""Requests as people type them who have read nothing: more phrasings, what stands around a request, words in any order,
and things that nobody listed.

What a sentence means has to be read from the words that matter, wherever they stand; so most of what is around them here is put
together by chance.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from world.randomness import SplitMix64
from world.scene import TAUGHT, Change, Scene, Thing, change_scene, make_scene
from world.tasks import UNKNOWN, Example, Picture, Text

from . import edits, questions, requests, unknown
from . import words as w

FORMS = questions.Forms(
    describe=("what's this?", "what's on the picture?", "say what you see", "and this?", "explain the picture",
              "what have we here?", "what do you make of this?", "give me a description", "write a caption",
              "summarize the image", "what is going on here?", "look at this, what is it?", "your description, please",
              "which things are here?", "put the picture into words"),
    colour=("{ref} has which {colour}?", "{colour} of {ref}", "{ref}: which {colour}?", "of what {colour} is {ref}?",
            "in which {colour} is {ref} drawn?", "look at {ref}. which {colour} is that?", "{ref}, {colour}?",
            "say the {colour} of {ref}", "and the {colour} of {ref}?", "how is {ref} colored?", "how is {ref} painted?",
            "what {colour} did they give {ref}?", "there is {ref}; its {colour} is?", "the {colour} of {ref} is",
            "find the {colour} of {ref}", "what {colour} would {ref} be?"),
    shape=("{ref} is what shape?", "{ref} is a what?", "shape of {ref}", "{ref}: which shape?", "what form has {ref}?",
           "how is {ref} shaped?", "what is the form of {ref}?", "say the shape of {ref}", "and what is {ref}?",
           "look at {ref}. what is that?", "what would {ref} be?", "of what shape is {ref}?", "{ref}, which is what?",
           "which kind of figure is {ref}?", "the shape of {ref} is", "identify {ref}", "what is {ref} called?"),
    place=("{ref} is where?", "place of {ref}", "{ref}: where?", "say where {ref} is", "and where is {ref}?",
           "on which side is {ref}?", "where has {ref} been put?", "where should i look for {ref}?", "find {ref}",
           "where can {ref} be found?", "what place has {ref}?", "whereabouts is {ref}?", "position of {ref}",
           "the place of {ref} is", "where did they draw {ref}?", "in what corner or side is {ref}?", "locate {ref}"),
    size=("{ref} is how big?", "size of {ref}", "{ref}: small or large?", "of what size is {ref}?",
          "say the size of {ref}", "and how large is {ref}?", "is {ref} large or small?", "{ref}, big or little?",
          "how much room does {ref} take?", "which size is {ref}?", "is {ref} rather small or rather large?",
          "the size of {ref} is", "what is {ref}, large or small?"),
    ground=("background light or dark?", "is it light or dark behind the shapes?", "which background is it?",
            "is the ground light or dark?", "light or dark background?", "what about the background?",
            "how bright is the background?", "the background is", "say how the background is",
            "is it a dark or a light picture?", "what is behind the shapes?"),
    count=("{things}: how many?", "how many {things}?", "how many {things} can be seen?", "say how many {things} there are",
           "and how many {things} are here?", "how many {things} have we got?", "there are how many {things}?",
           "tell me how many {things} there are", "how many {things} did they draw?", "{things} in all?",
           "count all {things} here", "the number of {things} is", "how many {things} exist in the image?"),
    is_there=("any sign of {one}?", "{one}: yes or no?", "yes or no: {one}?", "is it true that there is {one}?",
              "has the picture {one}?", "has it got {one}?", "there is {one}, right?", "am i looking at {one}?",
              "could there be {one}?", "is {one} visible?", "does {one} appear?", "do they show {one}?",
              "would i find {one} here?", "{one}?", "does the image have {one}?", "did they draw {one}?",
              "is one of the things {one}?", "tell me whether there is {one}", "check whether there is {one}"),
    is_so=("is {subject} {told}?", "{subject}: {told}?", "{subject} is {told}, isn't it?", "is it true that {subject} is {told}?",
           "can it be that {subject} is {told}?", "{subject}, is it {told}?", "did they put {subject} {told}?",
           "tell me whether {subject} is {told}", "yes or no, {subject} is {told}?", "am i right that {subject} is {told}?",
           "{told} is {subject}, yes?", "check that {subject} is {told}"))

NEW_COLOUR = ("give {ref} the color {to}", "{ref} in {to} please", "{to} for {ref}", "recolor {ref}: {to}",
              "would you paint {ref} {to}?", "{ref}: {to}", "from now on {ref} is {to}", "i would like {ref} {to}",
              "can {ref} be {to}?", "what if {ref} were {to}?", "dye {ref} {to}", "use {to} for {ref}",
              "have {ref} painted {to}", "the color of {ref} should be {to}", "{ref} has to be {to}",
              "how about {ref} in {to}?", "the new color of {ref} is {to}", "{to} is better for {ref}")
NEW_PLACE = ("send {ref} to the {to}", "{ref}: {to}", "can {ref} go to the {to}?", "i would like {ref} at the {to}",
             "drag {ref} over to the {to}", "position {ref} at the {to}", "what if {ref} were at the {to}?",
             "new place for {ref}: {to}", "{ref} belongs to the {to}", "the place of {ref} should be the {to}",
             "have {ref} at the {to}", "push {ref} to the {to}", "from now on {ref} is at the {to}",
             "{ref} has to go to the {to}", "how about {ref} at the {to}?", "carry {ref} to the {to}",
             "would you put {ref} at the {to}?")
NEW_SIZE = (("{ref} smaller please", "can {ref} be small?", "reduce {ref}", "scale {ref} down", "{ref}: small",
             "what if {ref} were tiny?", "i would like {ref} small", "have {ref} little", "less of {ref}",
             "{ref} has to be smaller", "would you shrink {ref}?", "from now on {ref} is small",
             "how about {ref} in small?"),
            ("{ref} bigger please", "can {ref} be large?", "increase {ref}", "scale {ref} up", "{ref}: large",
             "what if {ref} were huge?", "i would like {ref} large", "have {ref} big", "more of {ref}",
             "{ref} has to be larger", "would you enlarge {ref}?", "from now on {ref} is big",
             "how about {ref} in large?"))
NEW_SHAPE = ("{ref} as a {to} please", "can {ref} be a {to}?", "exchange {ref} for a {to}", "{ref}: a {to}",
             "what if {ref} were a {to}?", "i would like {ref} as a {to}", "have a {to} where {ref} is",
             "put a {to} in the place of {ref}", "{ref} has to be a {to}", "from now on {ref} is a {to}",
             "would you change {ref} into a {to}?", "draw {ref} as a {to}", "a {to} for {ref}",
             "how about a {to} for {ref}?", "transform {ref} into a {to}")
CHANGES = (NEW_COLOUR, NEW_PLACE, NEW_SIZE, NEW_SHAPE)
ADDED = ("{new} as well", "can you add {new}?", "there should be {new} too", "give it {new}", "i would like {new} with it",
         "one more: {new}", "what about {new} beside it?", "extend it by {new}", "complete it with {new}",
         "have {new} there too", "paint {new} in addition", "plus {new}", "bring in {new}", "next comes {new}",
         "would you put {new} there?", "{new} joins")
REMOVED = ("no more {bare}", "can you remove {ref}?", "{ref} should go", "{ref} has to go away", "throw {ref} out",
           "wipe {ref} away", "cut {ref} out", "without {ref} please", "the same without {ref}", "cancel {ref}",
           "hide {ref}", "would you delete {ref}?", "{ref} is not wanted any more", "all but {ref}", "minus {ref}",
           "clear {ref} away")

#: What stands before a request: an opener, a wish, a name for the picture, each often left out.
OPENERS = ("ok,", "okay", "hey,", "well,", "so", "now", "hi!", "hello,", "please,", "listen:", "next,", "good.", "um,",
           "dear computer,", "thanks.", "alright,", "this time", "again:", "for me:", "let's go:", "my wish:", "task:")
WISHES = ("i would love", "i'd like to have", "we want", "would you paint", "would you make", "try", "do",
          "how about", "imagine", "think of", "there should be", "there is", "we need", "please make me", "render",
          "produce", "can i have", "can i get", "i wish for", "it shows", "i am thinking of", "put together", "compose",
          "i ask for", "have you got", "go on and draw", "you should draw", "illustrate", "depict", "design",
          "can we have", "the motif is", "i imagine", "it is about", "what i want is", "would you please draw")
PICTURES = ("a picture showing", "one picture of", "the picture of", "a painting of", "some picture with", "an image of",
            "an image that has", "a drawing with", "a small picture of", "the following:", "this:", "a card with",
            "a graphic of", "an illustration of", "exactly", "just", "only", "simply", "the scene:")
AFTER = (" please", ", please", " now", ", thanks", " thank you", " if you can", " for my friend", ", nothing else",
         " and that is all", ", ok?", " in one picture", ", that would be nice", " here", "!!", " ...", ", will you?")
BEFORE_QUESTION = ("tell me,", "please say,", "i wonder,", "i would like to know:", "say,", "question:", "quick question,",
                   "hm,", "ok,", "well,", "hey,", "can you tell,", "in this picture,", "in the image,", "please answer:",
                   "now", "and", "so", "look:", "excuse me,", "one more thing:", "what do you think,", "answer me:")
AFTER_QUESTION = (" please", ", please", " then", " exactly", " in this picture", " in the image", " here", " now",
                  ", what do you think", " in your opinion", ", tell me", " on it", ", do you know", " in one word")
#: Small words that mean nothing for the world, put anywhere before a request.
SMALL = """the a this that it is now here there so well just please maybe really only some any one all you me my we us can
will would do does did know think look at of for to with on very quite also too then than but or if when what which who
how why say tell ask find call name like have has had be been was were get got go let make see want need""".split()
JOINTS = (" and ", " and ", ", ", " plus ", " then ", "; ", " as well as ", ". ", " & ", " beside it ", ", there is also ",
          ", next ", " and in addition ", ", furthermore ", " / ")
GROUNDS = ("{words}, background {g}", "{words} over {g}", "the background is {g}: {words}", "all of it on {g}: {words}",
           "{words}. {g} background please", "background: {g}. {words}", "the ground is {g} and there is {words}",
           "{words}, everything on a {g} ground", "make the background {g} and draw {words}",
           "{words} before a {g} backdrop", "a {g} picture with {words}", "{g} ground, {words}", "{words}, and {g} behind",
           "{words}, all that with {g} as the background", "on {g}: {words}", "{words} where the background is {g}")
#: What binds words about a thing to those before them.
LINKS = ("", "", "", "", ",", ",", "that is", "which is", "being", "is", "in", "of", "with", "as", "and", "all", "quite",
         "drawn", "it is", "-", "colored", "lying", "sitting", "standing", "found")

NOUNS = """abbey acorn airplane alarm album almond ambulance antelope apron arch armor artist atlas attic auto axe bacon
badge bagel baboon ballet bamboo bandage banjo bank barn barrel basil bat beach bead beak bean beard beaver beetle bell
belt bench berry bible bison blouse boar bobcat bone bonnet boot bottle bowl boulder bracelet brain branch brass brick
bronze brook brush bucket buffalo bug bull bunny burger bus butler cabin cabbage cable cage calendar calf canal
canary canoe canyon cape captain car cardinal cargo carnation cart cashew cat cattle cauldron cave ceiling cello cereal
chain chalk champion chapel chart cheetah chef cherry chess chest chimney chin chip choir cider cigar cinema circus clam
clarinet clay cliff cloak closet clover clown coach coal coast cobra cobweb coconut coin collar comet cork corn cottage
cotton couch cow coyote crab cradle crane crayon cricket crocodile crow crystal cub cucumber cupboard cushion custard
daisy dam dancer deer den dentist desk diver dock donkey donut dove dress drone dune eagle ear easel eel elbow elk
emerald engine envelope eye falcon fan feather fence fern fiddle field fig finch finger fireplace flag flamingo flask
flea fleet flute fly foal fog folder fountain foam freckle freezer fruit fur furnace gallery garage garlic gate gem
ghost giant gibbon ginger glacier globe glue gnome goblet goldfish gorilla gown grain granite grape gravel gravy guard
gull gun gym hail ham hammock hamster hare harbour hawk hay hazel heel helmet hen herb heron hill hippo hive hook hoop
horn hose hound hut hyena iceberg icicle ink insect iron ivy jacket jaguar jam jar jaw jeans jeep jelly jet jewel jug
juice jungle kayak kettle kidney kitten knee knight knot koala lace ladle lake lamb lantern lark laundry lava lawn
lawyer leather lemur leopard lettuce lever lid lighter lily limb lime lion lip lizard llama loaf lock locomotive log
lotus lung lynx magnet maid mango map maple marble market mask mast mattress meadow melody melon mermaid merchant microphone
microscope mill miner mint mist mitten mole monk moose mop mosque moss moth motor moustache mud mule muscle museum
mustard napkin nectar needle nest net nurse nut oak oar oat office oil onion opera orchid organ ostrich otter oven
ox oyster paddle palace palm pan panda panther papaya parade parachute parcel park parsley pasta patio peach peanut pear
pearl pebble pelican pen penny pepper perfume petal pickle pie pier pigeon pilot pine pipe pirate pistol pitcher plane
plank plant plaza plough plum plumber pocket poet pole police pond pony poppy porch porcupine poster pot pottery powder
prince princess printer prison propeller pudding pump puppet puppy purse quail quarry quilt quiver rabbit raccoon radar
radio radish raft rail raisin ranch raspberry raven razor reed reef refrigerator reindeer rhino ribbon rifle robe robin
rocket rodeo rooster rose ruby rug ruler sack saddle sailor salmon sand sandal satellite sauce sausage scale scientist
scissors scooter scorpion screw seagull seal seaweed shed shell shepherd shield shovel shower shrimp sink skeleton skirt
skull skunk sled sloth slug soap sofa soil spade sparrow spinach sponge squash squid stable stadium stamp steak stem stew
stool stork stove straw strawberry string suitcase swamp swan sweater sword syrup tadpole tank tap taxi
teapot temple tent thimble thistle thorn thread throne thumb thunder tiger tile tire toad toast tobacco toe tomb tongue
tooth torch tornado tortoise towel track trailer tray treasure trout truck trunk tulip tuna tunnel turkey turnip tusk
twig vacuum valley van vase vault veil velvet vest village vine vulture wagon waist waiter wallet walrus
wand wardrobe warrior wasp watermelon wave wax weasel web wheat wheel whip whistle wig willow wing witch wizard woodpecker
wool wreath wrench wrist yacht yak yarn yogurt zipper zoo""".split()
COLOURS = ("teal", "lime", "navy", "salmon", "coral", "tan", "lavender", "bronze", "copper", "scarlet", "ochre", "rust",
           "plum", "charcoal", "mauve", "fuchsia", "amber", "peach", "cream", "lilac", "azure", "burgundy", "ebony",
           "emerald", "mustard", "sepia", "spotted", "colorless", "rosy", "blond", "pastel", "rusty", "sandy")
UNKNOWN_SCENES = ("{carrier} a {n}", "{carrier} the {n}", "{carrier} a {c} {n}", "{carrier} a {n} {at}",
                  "{carrier} {n}s and {m}s", "{carrier} my {n} with your {m}", "{carrier} a {n} that has a {m}",
                  "{carrier} a {s} {n} and a {s} {c} {sh}", "{carrier} a {k} {sh}", "{carrier} a {sh} in {k} {at}",
                  "{carrier} a {n} on a {g} background", "{n}?", "{n}!", "{carrier} a {n} and one {m}, both {c}",
                  "{carrier} {c} {n} {at}, {k} {sh} {at}", "{carrier} a {s} {k} {sh} {at} on {g}")
UNKNOWN_QUESTIONS = ("is there a {n}?", "is the {n} {c}?", "what {colour} is the {n}?", "where is the {n}?",
                     "is a {n} in the picture?", "do you see the {n}?", "how big is the {n}?", "any {n} here?",
                     "why is there a {n}?", "who made the {n}?", "how many {n}s?", "does the {sh} look like a {n}?",
                     "is the {sh} {k}?", "what is the {n} for?", "show me the {n}", "when did the {n} come?")
UNKNOWN_CHANGES = ("make the {sh} {k}", "turn the {sh} {k}", "the {sh} becomes a {n}", "replace the {sh} with a {n}",
                   "put the {n} at the {p}", "remove the {n}", "delete the {n}", "add a {c} {n} {at}", "make the {n} {c}",
                   "make the {n} bigger", "paint the {n} {k}", "take the {n} away", "the {n} moves to the {p}",
                   "give the {sh} a {n}", "now there is also a {n}", "shrink the {n}", "the {sh} eats the {n}")


def small_words(random: SplitMix64, words: str) -> str:
    """With a few small words before it, at times."""
    if not random.percent(15):
        return words
    return " ".join([random.choice(SMALL) for _ in range(1 + random.below(3))] + [words])


def carried(random: SplitMix64, words: str) -> str:
    """Words for a picture with what people put around them."""
    parts = [random.choice(OPENERS)] if random.percent(20) else []
    if random.percent(60):
        parts.append(random.choice(WISHES if random.percent(60) else requests.BEFORE))
    if random.percent(30):
        parts.append(random.choice(PICTURES))
    words = " ".join([*parts, words])
    return small_words(random, words + (random.choice(AFTER) if random.percent(15) else ""))


def asked(random: SplitMix64, words: str) -> str:
    """A question with what people put around it."""
    if random.percent(25):
        words = f"{random.choice(BEFORE_QUESTION)} {words}"
    if random.percent(20):
        words = words.rstrip(" ?") + random.choice(AFTER_QUESTION) + random.choice(("?", ""))
    return small_words(random, words)


def loose_thing(random: SplitMix64, thing: Thing, order: list[str]) -> str:
    """A thing's words in an order, bound by chance."""
    told = {"shape": lambda: w.shape(random, thing), "size": lambda: w.size(random, thing),
            "colour": lambda: w.colour(random, thing),
            "position": lambda: random.choice((w.at(random, thing.position), w.place(random, thing.position),
                                               f"the {w.place(random, thing.position)}"))}
    words = ""
    for name in order:
        link = random.choice(LINKS) if words else random.choice(("", "a", "a", "one", "the"))
        if link == "-" or link == ",":
            words += " -" if link == "-" else ","
        elif link:
            words += f" {link}"
        words += f" {told[name]()}"
    return words.strip()


def described(random: SplitMix64, scene: Scene) -> tuple[Scene, str]:
    """As `requests.described`, in looser words half of the time."""
    if random.percent(50):
        return requests.described(random, scene)
    order = ["shape", "colour", "size", "position"]
    for index in range(3):
        other = index + random.below(4 - index)
        order[index], order[other] = order[other], order[index]
    parts = [loose_thing(random, thing, order) for thing in scene.things]
    if len(parts) == 2 and random.percent(50):
        parts.reverse()
    words = random.choice(JOINTS).join(parts)
    ground = random.choice(w.BACKGROUNDS[scene.background])
    if random.percent(50):
        return scene, random.choice(GROUNDS).format(words=words, g=ground)
    return scene, requests.with_background(random, words, scene.background)


def free_text_to_image(random: SplitMix64, carry: Callable[[SplitMix64, str], str] = carried) -> Example:
    """A request for a picture, with what `carry` puts around it."""
    scene, words = described(random, make_scene(random, 2, TAUGHT))
    while scene.is_held_out or scene.is_reserved:
        scene, words = described(random, make_scene(random, 2, TAUGHT))
    return Example("free_text_to_image", (
        Text(w.written(random, carry(random, words))), Picture(scene, is_drawn=True)), ends=False)


def change(random: SplitMix64, scene: Scene) -> tuple[Scene, Change, str]:
    """Any change of a scene and its words, half of them in more phrasings."""
    while True:
        if random.percent(35):
            adds = len(scene.things) == 1
            after, made, words = (edits.add if adds else edits.remove)(random, scene, *(
                [(ADDED if adds else REMOVED)] if random.percent(50) else []))
        else:
            after, made = change_scene(random, scene, TAUGHT)
            phrasings = CHANGES if random.percent(50) else edits.CHANGES
            words = edits.change_words(random, made, scene, phrasings)
        if not after.is_reserved:
            break
    if random.percent(25):
        words = f"{random.choice(OPENERS)} {words}"
    if random.percent(15):
        words = words.rstrip("?") + random.choice(AFTER)
    return after, made, w.written(random, small_words(random, words))


def free_editing(random: SplitMix64, scene: Scene) -> Example:
    """A picture, a change, the changed picture."""
    after, made, words = change(random, scene)
    return Example("free_editing", (
        Picture(scene), Text(words), Picture(after, is_drawn=True)), ends=False, changes=(made,))


def question(random: SplitMix64, task: str, scene: Scene) -> Example:
    """A question of `questions.QUESTIONS`, in these phrasings two times in three, with what people put around it."""
    forms = FORMS if random.percent(67) else questions.PLAIN
    example = questions.QUESTIONS[task](random, scene, forms)
    if random.percent(50):
        return example
    parts = [Text(asked(random, part.words)) if is_plain_question(part) else part for part in example.parts]
    return replace(example, parts=tuple(parts))


def is_plain_question(part: Text | Picture) -> bool:
    """Whether a part is what somebody asks, without the reference's template."""
    return isinstance(part, Text) and not part.is_target and "lease" not in part.words and part.words != ""


def strange_noun(random: SplitMix64) -> str:
    """A listed word, or the beginning of one and the end of another."""
    if random.percent(50):
        return random.choice(NOUNS if random.percent(60) else unknown.NOUNS)
    first, last = random.choice(NOUNS), random.choice(NOUNS)
    return first[:1 + random.below(max(1, len(first) - 1))] + last[random.below(max(1, len(last) - 1)):]


def fill(random: SplitMix64, words: str, scene: Scene) -> str:
    """Puts words into a phrase's gaps."""
    thing = random.choice(scene.things)
    carrier = small_words(random, " ".join(
        [random.choice(WISHES if random.percent(60) else requests.BEFORE)]
        + ([random.choice(PICTURES)] if random.percent(30) else []))) if random.percent(60) else ""
    return words.format(
        carrier=carrier, n=strange_noun(random), m=strange_noun(random), c=w.colour(random, thing),
        k=random.choice(COLOURS if random.percent(70) else unknown.COLOURS), s=w.size(random, thing),
        sh=w.shape(random, thing), at=w.at(random, thing.position), p=w.place(random, thing.position),
        g=random.choice(w.BACKGROUNDS[scene.background]), colour=w.colour_noun(random)).strip()


def strange_scene(random: SplitMix64) -> str:
    """A scene's words with one that there is nothing for in the place of a shape or a colour."""
    while True:
        scene, words = described(random, make_scene(random, 2, TAUGHT))
        thing = random.choice(scene.things)
        of_shape = random.percent(60)
        known = "|".join(w.SHAPES[thing.shape] if of_shape else w.COLOURS[thing.colour])
        strange = strange_noun(random) if of_shape else random.choice(COLOURS)
        words, count = re.subn(rf"\b({known})\b", strange, words)
        # A colour is not always said.
        if count:
            return carried(random, words)


def unknown_words(random: SplitMix64) -> Example:
    """Words that there is nothing for, alone or about a picture."""
    scene, said = make_scene(random, 2, TAUGHT), Text(f" {UNKNOWN}", True)
    pick = random.below(100)
    if pick < 30:
        words = strange_scene(random)
    elif pick < 60:
        words = fill(random, random.choice(UNKNOWN_SCENES), scene)
    elif pick < 70:
        words = asked(random, fill(random, random.choice(UNKNOWN_QUESTIONS), scene))
    else:
        phrases = UNKNOWN_QUESTIONS if random.percent(50) else UNKNOWN_CHANGES
        words = asked(random, fill(random, random.choice(phrases), scene))
        return Example("unknown", (Picture(scene), Text(w.written(random, words)), said))
    return Example("unknown", (Text(w.written(random, words)), said))
