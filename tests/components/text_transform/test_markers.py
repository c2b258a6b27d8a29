import tensorflow as tf

from components.text_transform.markers import encode_between, map_between


def code_points(texts: tf.Tensor) -> tf.RaggedTensor:
    return tf.strings.unicode_decode(texts, "UTF-8")


def test_ids_stand_where_the_markers_were():
    texts = tf.constant(["a<unk>b", "<unk>", "", "<unk><unk>c", "あ<unk>", "<un"])
    assert encode_between(texts, "<unk>", 7, code_points).to_list() == [
        [97, 7, 98],
        [7],
        [],
        [7, 7, 99],
        [0x3042, 7],
        [60, 117, 110],
    ]


def test_map_between_keeps_the_markers():
    texts = tf.constant(["a<UNK>b", "<UNK>", "", "c"])
    assert map_between(texts, "<UNK>", tf.strings.upper).numpy().tolist() == [b"A<UNK>B", b"<UNK>", b"", b"C"]
