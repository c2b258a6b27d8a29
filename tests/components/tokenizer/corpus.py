"""A small corpus, written for these tests."""

ENGLISH = [
    "The kettle whistled while she read the letter again.",
    "Twelve boats left the harbour before the storm arrived.",
    "He forgot his umbrella, so he waited under the bridge.",
    "A good bakery opens early and sells out by noon.",
    "The museum's new wing holds paintings from four centuries.",
    "Can you hear the river from the upper window?",
    "They replaced the old lamps with brighter, cheaper ones.",
    "My sister collects stamps; my brother collects excuses.",
    "Rain fell on the tin roof all night, softly at first.",
    "The train to the coast takes 45 minutes, or 30 by express.",
    "Nobody answered the door, although the lights were on.",
    "She planted beans, onions and three kinds of pumpkin.",
    "The referee stopped the match twice because of fog.",
    "Our neighbours keep bees and give us honey every autumn.",
    "It was a quiet street until the school was built.",
    "The café on the corner serves naïve art and strong coffee.",
    "Write your name here, and the date: 2024-05-17.",
    "He whispered a joke, and the whole row began laughing.",
    "The mountain path was closed for repairs until spring.",
    "Every drawer held buttons, string and forgotten keys.",
]

JAPANESE = [
    "駅前のパン屋は朝七時に開きます。",
    "昨日から雨が降り続いていて、洗濯物が乾かない。",
    "弟は毎週土曜日に図書館で本を借りている。",
    "新しい携帯電話の使い方がまだよくわかりません。",
    "山の上から見る夕焼けは本当に美しかった。",
    "このラーメンは少し辛いけれど、とてもおいしい！",
    "祖母は庭でトマトとナスを育てています。",
    "試合は延長戦の末、三対二で終わった。",
    "来年の春に京都へ引っ越すことになりました。",
    "電車が遅れたので、会議に間に合わなかった。",
    "「もう一度言ってください」と先生が言った。",
    "カメラを持って港の近くを散歩した。",
    "子どものころ、よく川で魚をつかまえた。",
    "冬になると、この町には雪がたくさん積もる。",
    "手紙の返事をずっと待っているのに、まだ来ない。",
    "コーヒーを飲みながら新聞を読むのが好きだ。",
    "店の前に長い行列ができていて驚いた。",
    "あの映画の最後の場面が忘れられない……。",
    "友達と一緒に古いお寺を三つ回った。",
    "値段は１，２００円でした。ちょっと高いかな？",
]

TEXTS = ENGLISH + JAPANESE
ROWS = [text.encode() for text in TEXTS]
