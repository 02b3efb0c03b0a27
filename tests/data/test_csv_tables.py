"""Tables as CSV: dialects, what is no number, and what is damaged."""

import gzip

import numpy as np
import pytest

from oodflow.errors import OodflowError

from .writing_tables import VALUES, csv_text, write_csv


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("names", [("age", "weight", "height"), ()])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_dialects(tmp_path, open_set, delimiter, names, end):
    whole = open_set(write_csv(tmp_path / "x.csv", delimiter=delimiter, names=names, end=end), "all")
    np.testing.assert_array_equal(whole.array, VALUES)
    assert whole.columns == names


def test_one_column(tmp_path, open_set):
    whole = open_set(write_csv(tmp_path / "x.csv", "weight\n1\n2\n\n3.5"), "all")
    np.testing.assert_array_equal(whole.array, [[1], [2], [3.5]])


def test_quotes_marks_spaces_and_words(tmp_path, open_set):
    text = '\ufeff"age, in years" ,"the ""weight"""\n"1", 2\nTRUE,false\n-1e3,+.5\n'
    whole = open_set(write_csv(tmp_path / "x.csv", text), "all")
    assert whole.columns == ("age, in years", 'the "weight"')
    np.testing.assert_array_equal(whole.array, [[1, 2], [1, 0], [-1000, 0.5]])
    chosen = open_set(f"{whole.name}?columns=age%2C in years", "all")
    np.testing.assert_array_equal(chosen.array, [[1], [1], [-1000]])


def test_text_between_quotes_may_have_many_lines(tmp_path, open_set):
    text = 'note,x\n"two\nlines",1\nfine,2\nfine,no\n'
    np.testing.assert_array_equal(
        open_set(write_csv(tmp_path / "x.csv", text[:-8]) + "?without=note", "all").array, [[1], [2]]
    )
    with pytest.raises(OodflowError, match=r"row 3 \(line 5\), column 'x', is 'no'"):
        open_set(write_csv(tmp_path / "y.csv", text) + "?without=note", "all")


def test_compressed(tmp_path, open_set):
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress(csv_text().encode()))
    np.testing.assert_array_equal(open_set(f"csv:{path}", "all").array, VALUES)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(OodflowError, match="it cannot be uncompressed"):
        open_set(f"csv:{path}", "all")


def test_names_that_are_numbers(tmp_path, open_set):
    spec = write_csv(tmp_path / "x.csv", "2019,2020\n1,2\n3,4\n")
    assert len(open_set(spec, "all")) == 3
    whole = open_set(f"{spec}?header=yes", "all")
    assert (len(whole), whole.columns) == (2, ("2019", "2020"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the file is empty"),
        ("\n\n", "the file is empty"),
        ("a,b\n", "the table has no rows"),
        ("a,b\n1,2\n3,x\n", r"row 2 \(line 3\), column 'b', is 'x', which is no number: .*without=b"),
        ("a,b\n1,2\n,4\n", r"row 2 \(line 3\), column 'a', is missing or NaN"),
        ("a,b\n1,2\n3,n/a\n", r"row 2 \(line 3\), column 'b', is missing"),
        ("a,b\n1,2\n3,NaN\n", r"row 2 \(line 3\), column 'b', is missing"),
        ("a,b\n1,inf\n", r"row 1 \(line 2\), column 'b', is infinite"),
        ("a,b\n1,-inf\n", r"row 1 .*is minus infinite"),
        ("a,b\n1,1e309\n", r"row 1 .* column 'b', is infinite"),
        ("a,b\n1,2\n3\n", r"row 2 \(line 3\) has 1 field but the first line has 2"),
        ("a,b\n1,2\n3,4,5\n", r"row 2 \(line 3\) has 3 fields but the first line has 2"),
        ("1,2\n3,x\n", r"row 2 \(line 2\), column 2, is 'x', which is no number: .*without=2"),
        ("id,2020\n1,2\n", r"row 1 \(line 1\), column 1, is 'id', which is no number: .*header=yes"),
        ('"a, %",b\nx,1\n', r"row 1 .* is 'x', .*\?without=a%2C %25\."),
        ("a b c\n1 2 3\n", r"row 1 .* is '1 2 3', .*: put commas between the numbers, or .*delimiter="),
        ("a,a\n1,2\n", "two columns are called 'a'"),
        ("a,\n1,2\n", "column 2 has no name"),
        ("a,b\n1,\udcff\n", "this is no text in UTF-8"),
    ],
)
def test_one_sentence_says_what_is_wrong(tmp_path, open_set, text, sentence):
    path = tmp_path / "x.csv"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(OodflowError, match=rf"x\.csv: {sentence}") as caught:
        open_set(f"csv:{path}", "all")
    assert str(caught.value).count(". ") == 0


def test_a_line_without_end(tmp_path, open_set, monkeypatch):
    monkeypatch.setattr("oodflow.data.tables.csv_file.LINE", 10)
    with pytest.raises(OodflowError, match="a line is longer than 10 characters"):
        open_set(write_csv(tmp_path / "x.csv", "1,2\n" + "1" * 20), "all")


def test_a_quotation_mark_that_is_not_closed(tmp_path, open_set):
    with pytest.raises(OodflowError, match=r"has 2 fields|this is no CSV"):
        open_set(write_csv(tmp_path / "x.csv", 'a,b\n1,2\n"3,4\n' + "5,6\n" * 50_000), "all")


def test_a_bad_row_of_another_class_does_no_harm(tmp_path, open_set):
    spec = write_csv(tmp_path / "x.csv", "a,y\n1,0\nx,1\n3,0\n")
    np.testing.assert_array_equal(open_set(f"{spec}?label=y&class=0", "all").array, [[1], [3]])


@pytest.mark.parametrize("text", ["a;b\n1,5;-2\n,25;1e3\n", '"a","b"\n"1,5","-2"\n",25","1e3"\n', "1,5\t-2\n,25\t1e3"])
def test_commas_before_decimals(tmp_path, open_set, text):
    spec = write_csv(tmp_path / "x.csv", text)
    with pytest.raises(OodflowError, match=r"is '1,5', which is no number: if the comma is .* add .decimal=comma"):
        open_set(spec, "all")
    np.testing.assert_array_equal(open_set(f"{spec}?decimal=comma", "all").array, [[1.5, -2], [0.25, 1000]])


def test_no_digit_is_lost(tmp_path, open_set):
    seconds = np.arange(1_700_000_000, 1_700_000_020)[:, None]
    text = csv_text(seconds, ("time",))
    np.testing.assert_array_equal(open_set(write_csv(tmp_path / "x.csv", text), "all").array, seconds)
