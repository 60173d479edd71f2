"""config/sources.yaml: what it may say, what it says wrongly, and a source that nobody has seen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from reading import facilities, read_bytes

from gvrc.errors import UsageError
from gvrc.sources import SourceRules, match_source, named_source, read_sources

PROJECT = Path(__file__).resolve().parents[2]
NEVER_SEEN = """\
sources:
  - name: Msaada Network
    code_prefix: MSAADA
    files: ["msaada_*.json", "exports/2025/*"]
    path: jibu.vituo
    encoding: cp1252
    keys:
      facility_name: jina
      county_name: [mahali.kaunti, kaunti]
      contacts: simu
    defaults:
      facility_type: Shelter
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "sources.yaml"
    path.write_text(text, "utf-8")
    return path


def test_a_source_that_nobody_has_seen_is_read_by_its_rules(tmp_path: Path) -> None:
    rules = read_sources(written(tmp_path, NEVER_SEEN))
    document = {"jibu": {"vituo": [{"jina": "Nyumba Père", "mahali": {"kaunti": "Kisumu"}, "simu": "0700000016"}]}}
    content = json.dumps(document, ensure_ascii=False).encode("cp1252")

    frame, reading = read_bytes(content, "msaada_june.json", rules=rules)

    assert facilities(frame) == [
        {
            "facility_name": "Nyumba Père",
            "county_name": "Kisumu",
            "contacts": '[{"key":"simu","value":"0700000016"}]',
        }
    ]
    assert reading.path_taken == "jibu.vituo"
    assert (rules[0].name, rules[0].code_prefix, rules[0].defaults) == (
        "msaada_network",
        "MSAADA",
        {"facility_type": "Shelter"},
    )


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("data/raw/msaada_june.json", "msaada_network"),
        ("MSAADA_JUNE.JSON", "msaada_network"),
        ("/srv/exports/2025/any.json", "msaada_network"),
        ("/srv/exports/2024/any.json", "any"),
        ("Other Network (June).json.gz", "other_network_june"),
        ("list.geojson", "list"),
        ("-.json", "source"),
    ],
)
def test_a_file_falls_under_the_first_rules_that_fit(tmp_path: Path, path: str, name: str) -> None:
    assert match_source(path, read_sources(written(tmp_path, NEVER_SEEN))).name == name


def test_a_file_without_rules_is_a_source_of_its_own() -> None:
    assert match_source("Kisumu List.json", []) == SourceRules(name="kisumu_list", code_prefix="KISUMU-LIST")
    assert named_source("GBV support").name == "gbv_support"


def test_the_prefix_of_a_source_named_at_length_leaves_room_for_the_rest_of_a_code() -> None:
    source = match_source("List of shelters and safe houses in Kenya, March 2026.json", [])
    assert source.name == "list_of_shelters_and_safe_houses_in_kenya_march_2026"
    assert source.code_prefix == "LIST-OF-SHELTERS-AND-SAFE-HOUSES-IN-K"
    assert named_source("abcdefghijklmnopqrstuvwxyz_abcdefghi_jkl").code_prefix == (
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ-ABCDEFGHI"
    )


def test_the_file_that_is_shipped_is_sound_and_names_each_sample_file() -> None:
    rules = read_sources(PROJECT / "config" / "sources.yaml")
    assert len({source.name for source in rules}) == len(rules) > 0
    for path in (PROJECT / "data" / "sample").glob("*.json"):
        assert any(source.name == match_source(path, rules).name for source in rules), path.name


def test_no_file_is_no_rules(tmp_path: Path) -> None:
    assert read_sources(None) == []
    assert read_sources(written(tmp_path, "")) == []
    assert read_sources(written(tmp_path, "sources:\n")) == []
    assert read_sources(written(tmp_path, "{}\n")) == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("sources: [", "line 1: not valid YAML"),
        ("- name: a\n", "line 1: keys with values are expected here"),
        ("source:\n  - name: a\n", "line 1: 'source' is not known here. Use one of sources"),
        ("sources:\n  name: a\n", "line 2: a list is expected here"),
        ('sources:\n  - name: a\n    code_prefix: "a\\0b"\n', "line 3: a text holds what no database does"),
        ("sources:\n  - files: a.json\n", "line 2: a source without a name"),
        ("sources:\n  - name: a\n    flies: a.json\n", "line 3: 'flies' is not known here"),
        ("sources:\n  - name: a\n    keys:\n      facility: x\n", "line 4: 'facility' is not known here"),
        ("sources:\n  - name: a\n    keys:\n      facility_name: {a: b}\n", "line 4: a text is expected here"),
        ("sources:\n  - name: a\n    path: ''\n", "line 3: a text is expected here"),
        ("sources:\n  - name: a\n    encoding: klingon\n", "line 3: the encoding 'klingon' is not known"),
        (
            "sources:\n  - name: a\n    defaults:\n      projection: EPSG:9999\n",
            "line 4: the projection 'EPSG:9999' is not known. Use one of 3857",
        ),
        ("sources:\n  - name: a\n    encoding: rot13\n", "line 3: the encoding 'rot13' is not known"),
        ("sources:\n  - name: a\n    encoding: base64\n", "line 3: the encoding 'base64' is not known"),
        ("sources:\n  - name: a\n    encoding: undefined\n", "line 3: the encoding 'undefined' is not known"),
        ('sources:\n  - name: a\n    encoding: "a\\0"\n', "line 3: the encoding 'a\\x00' is not known"),
        ("sources:\n  - name: a\n    encoding: [cp1252]\n", "line 3: a text is expected here"),
        ("sources:\n  - name: a\n    ? [files]\n    : x\n", "line 3: a text is expected here"),
        ("sources:\n  - name: a\n    ? !own [files]\n    : x\n", "line 3: a text is expected here"),
        ("sources:\n  - name: a\n    ? {a: b}\n    : x\n", "line 3: a text is expected here"),
        ("sources:\n  - name: a\n    path: x\0\n", "line 3: not valid YAML (special characters are not allowed)"),
        ("sources:\n  - name: a\n    path: x\n    path: y\n", "line 4: 'path' is there twice"),
        ("sources:\n  - name: a\nsources:\n  - name: b\n", "line 3: 'sources' is there twice"),
        (
            "sources:\n  - name: a\n    defaults:\n      owner_name: x\n      owner_name: x\n",
            "line 5: 'owner_name' is there twice",
        ),
        ("sources:\n  - name: a\n  - name: A\n", "the source a is there twice"),
        (f"sources:\n  - name: a\n    code_prefix: {38 * 'A'}\n", "line 3: a prefix has at most 37 characters"),
        ("sources:\n  - name: '!'\n", "line 2: a name needs letters or digits"),
    ],
)
def test_a_wrong_file_is_told_with_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        read_sources(path)
    assert complaint in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_file_that_is_nested_without_end_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, "sources: " + "[" * 3_000 + "]" * 3_000)
    with pytest.raises(UsageError, match="is nested too deeply for rules of sources"):
        read_sources(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot be read .* Check the setting sources\."):
        read_sources(tmp_path / "gone.yaml")
