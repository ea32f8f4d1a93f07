# SPDX-License-Identifier: Apache-2.0
"""`beamline prepare DIR --export OUT`: files hold what NumPy makes of the shards."""

import json
import pathlib
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import prepared  # noqa: E402
import prepared_sample  # noqa: E402
import published  # noqa: E402
from command import run  # noqa: E402

USUAL = ["label", "weight_train", "weight_physics", "encoded_label", "HLF_input", "GRU_input",
         "ragged"]


@pytest.fixture(scope="module", params=["float32", "float64"])
def folder(request, tmp_path_factory):
    return prepared_sample.prepare(tmp_path_factory.mktemp(request.param), type=request.param)


def export(folder, out, *options, code=0):
    printed, said = run("prepare", folder, "--export", out, *options, code=code)
    return json.loads(printed) if "-j" in options else said


def matrix(column):
    """A column of lists of one length."""
    column = column.combine_chunks()
    return np.asarray(column.flatten()).reshape(len(column), -1)


def assert_rows(column, events):
    """A column of lists of lists."""
    column = column.combine_chunks()
    rows = column.flatten()
    assert np.diff(np.asarray(column.offsets)).tolist() == [len(event) for event in events]
    np.testing.assert_allclose(np.asarray(rows.flatten()).reshape(len(rows), -1),
                               np.concatenate(events), rtol=1e-6, atol=1e-12)


def assert_part(table, folder, part):
    wanted = published.inputs(folder, part)
    rtol = 1e-12 if prepared.description(folder)["type"] == "float64" else 1e-6
    np.testing.assert_allclose(matrix(table["HLF_input"]), wanted["HLF_input"], rtol, 1e-12)
    flat = wanted["GRU_input"].reshape(len(table), -1)
    np.testing.assert_allclose(matrix(table["GRU_input"]), flat, rtol, 1e-6)
    assert_rows(table["ragged"], wanted["ragged"])
    assert (matrix(table["encoded_label"]) == published.one_hot(folder, part)).all()


@pytest.mark.parametrize("part", ["train", "test"])
def test_parquet(folder, tmp_path, part):
    said = export(folder, tmp_path / "out", "-j", "--with", "label,MET,weight_train")
    files = sorted(tmp_path.glob("out/*/*"))
    assert said["files"] == len(files)
    assert said["output_bytes"] == sum(file.stat().st_size for file in files)
    table = pq.read_table(tmp_path / "out" / part)
    kind = pa.float64() if prepared.description(folder)["type"] == "float64" else pa.float32()
    assert table.column_names == ["label", "MET", "weight_train", *USUAL[3:]]
    assert table.schema.field("HLF_input").type.value_type == kind
    assert_part(table, folder, part)
    shards = prepared.part(folder, part)
    for name in ("label", "MET", "weight_train"):
        assert table[name].to_pylist() == shards[name].to_pylist()
    assert matrix(table["HLF_input"])[:, 3].tolist() == [0.5] * len(table)  # as Spark's scaler


def test_arrow_and_the_usual_columns(folder, tmp_path):
    export(folder, tmp_path / "out", "--as", "arrow")
    tables = [pa.ipc.open_file(path).read_all()
              for path in sorted(tmp_path.glob("out/train/part-*.arrow"))]
    table = pa.concat_tables(tables)
    assert table.column_names == USUAL
    assert table.schema.field("GRU_input").type.list_size == 6 * prepared_sample.FEATURES
    assert_part(table, folder, "train")


def test_published_schema_as_records(folder, tmp_path):
    """What TensorFlow makes of them, tests/peers says."""
    export(folder, tmp_path / "out", "--as", "tfrecord.gz", "--with", "")
    out = tmp_path / "back.parquet"
    run("convert", *sorted(tmp_path.glob("out/test/part-*")), "-o", out, "-q")
    table = pq.read_table(out)
    wanted = published.inputs(folder, "test")
    assert sorted(table.column_names) == ["GRU_input", "HLF_input", "encoded_label", "ragged"]
    np.testing.assert_allclose(matrix(table["HLF_input"]), wanted["HLF_input"], rtol=1e-6)
    assert (matrix(table["encoded_label"]) == published.one_hot(folder, "test")).all()


def test_spark_schema(folder, tmp_path):
    export(folder, tmp_path / "out", "--schema", "spark", "--with", "hfeatures,label")
    file = min(tmp_path.glob("out/train/part-*.parquet"))
    told = pq.read_metadata(file).metadata[b"org.apache.spark.sql.parquet.row.metadata"]
    fields = {field["name"]: field["type"] for field in json.loads(told)["fields"]}
    assert list(fields) == ["hfeatures", "label", "hfeatures_dense", "encoded_label", "HLF_input",
                            "GRU_input", "ragged"]
    assert fields["label"] == "long"
    vectors = [name for name, kind in fields.items()
               if isinstance(kind, dict) and kind["type"] == "udt"]
    assert vectors == ["hfeatures", "hfeatures_dense", "encoded_label", "HLF_input"]
    table = pq.read_table(tmp_path / "out" / "train")
    wanted = published.inputs(folder, "train")
    assert_rows(table["ragged"], wanted["ragged"])
    assert_rows(table["GRU_input"], wanted["GRU_input"])
    for vector, values in zip(table["HLF_input"].to_pylist(), wanted["HLF_input"], strict=True):
        assert vector["type"] == 1 and vector["size"] is None and vector["indices"] is None
        assert np.allclose(vector["values"], values, rtol=1e-6)
    for vector, label in zip(table["encoded_label"].to_pylist(), table["label"].to_pylist(),
                             strict=True):
        assert vector == {"type": 0, "size": 3, "indices": [label], "values": [1.0]}
    said = export(folder, tmp_path / "no", "--schema", "spark", "--as", "arrow", code=2)
    assert "Spark's vectors are for Parquet" in said


def test_the_same_bytes_whatever_the_threads(folder, tmp_path):
    for n in (1, 3):
        export(folder, tmp_path / str(n), "-t", n, "--memory", "200M" if n == 1 else "1G")
    for file in sorted(tmp_path.glob("1/*/*")):
        assert file.read_bytes() == (tmp_path / "3" / file.relative_to(tmp_path / "1")).read_bytes()


def test_a_folder_is_whole_or_not_there(folder, tmp_path):
    out = tmp_path / "out"
    (tmp_path / "out.partial" / "train").mkdir(parents=True)  # of a run that was killed
    (tmp_path / "out.partial" / "train" / "part-99999.parquet").write_text("half")
    said = export(folder, out, "--with", "weight_trian", code=3)
    assert "did you mean 'weight_train'" in said
    assert not out.exists()
    export(folder, out)
    assert not (tmp_path / "out.partial").exists()
    assert not (out / "train" / "part-99999.parquet").exists()
    assert "--overwrite" in export(folder, out, code=4)
    (out / "notes.txt").write_text("mine")
    assert "'notes.txt'" in export(folder, out, "--overwrite", code=4)
    (out / "notes.txt").unlink()
    export(folder, out, "--overwrite", "--as", "arrow")
    assert not list(out.glob("*/*.parquet"))


def test_folds_have_transforms_of_their_own(tmp_path):
    folder = prepared_sample.prepare(tmp_path, split={"folds": 3, "by": "entry"})
    assert "--fold says which of its 3 folds" in export(folder, tmp_path / "out", code=2)
    export(folder, tmp_path / "out", "--fold", 2)
    table = pq.read_table(tmp_path / "out" / "fold-2")
    wanted = published.inputs(folder, "fold-2", fold=2)
    np.testing.assert_allclose(matrix(table["HLF_input"]), wanted["HLF_input"], rtol=1e-6)


def test_labels_that_are_numbers(tmp_path):
    folder = prepared_sample.prepare(tmp_path, labels={"type": "custom",
                                                       "value": {"twice": "2 * MET", "one": "MET"}})
    said = export(folder, tmp_path / "out", "-j")
    assert said["columns"] == 6  # no encoded_label
    table, shards = pq.read_table(tmp_path / "out" / "train"), prepared.part(folder, "train")
    assert "encoded_label" not in table.column_names
    assert table["label"].to_pylist() == shards["label"].to_pylist()
    assert table["label"][0].as_py()[0] == 2 * shards["MET"][0].as_py()
    export(folder, tmp_path / "spark", "--schema", "spark", "--with", "label")
    vector = pq.read_table(tmp_path / "spark" / "train")["label"][0].as_py()
    assert vector["values"] == table["label"][0].as_py() and vector["type"] == 1
