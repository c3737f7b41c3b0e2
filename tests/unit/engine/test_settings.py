"""Settings: defaults, wildcards, and errors that name the nearest known key and its line."""

import pytest

from vedette.core.errors import SettingsError
from vedette.engine.settings import Settings, load_settings, make_settings


def test_defaults_are_those_of_the_documentation():
    settings = make_settings({})
    assert (settings.min_effect, settings.alpha, settings.alpha_margin) == (0.05, 0.05, 0.01)
    assert not settings.strict
    assert not settings.joint


def test_later_wildcards_win_and_merge():
    settings = make_settings(
        {
            "columns": {
                "*_amount": {"min_effect": 0.1, "method": "psi"},
                "tax_*": {"min_effect": 0.2},
            }
        }
    )
    assert settings.of("tax_amount").min_effect == 0.2
    assert settings.of("tax_amount").method == "psi"
    assert settings.of("age").min_effect is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"min_efect": 0.1}, "did you mean 'min_effect'"),
        ({"alpha": 0.7}, "alpha is out of range; got 0.7"),
        ({"min_effect": -1}, "min_effect is out of range"),
        ({"min_effect": "big"}, "min_effect"),
        ({"columns": {"x": {"metod": "psi"}}}, "did you mean 'method'"),
        ({"columns": {"x": {"method": "ps"}}}, "did you mean 'psi'"),
        ({"columns": {"x": {"kind": "number"}}}, "unknown kind"),
        ({"columns": {"x": 3}}, "must be a mapping"),
        ({"segments": "country"}, "segments"),
    ],
)
def test_wrong_settings_say_what_is_wrong(given, said):
    with pytest.raises(SettingsError, match=said):
        make_settings(given)


def test_yaml_errors_name_the_line():
    with pytest.raises(SettingsError, match=r"file 'v.yaml' line 2: there is no setting 'alpa'"):
        load_settings("min_effect: 0.1\nalpa: 0.01\n", "file 'v.yaml'")
    with pytest.raises(SettingsError, match="line 2"):
        load_settings("min_effect: 0.1\n  alpha: [\n", "file 'v.yaml'")
    with pytest.raises(SettingsError, match="written twice"):
        load_settings("alpha: 0.1\nalpha: 0.2\n", "file 'v.yaml'")
    with pytest.raises(SettingsError, match="must be a mapping"):
        load_settings("- alpha\n", "file 'v.yaml'")


def test_yaml_keeps_what_was_given_only():
    assert load_settings("strict: true\n", "x") == {"strict": True}
    assert load_settings("", "x") == {}


def test_roles_and_control_follow_the_settings():
    settings = Settings(label="y", time="ts", strict=True)
    assert settings.roles == {"y": "label", "ts": "time"}
    assert settings.control.strict


def test_a_day_that_there_is_not_is_said_with_its_line():
    with pytest.raises(
        SettingsError, match=r"v\.yaml line 2: broken YAML: cannot read '2026-13-01'"
    ):
        load_settings("min_effect: 0.1\nholidays: [2026-13-01]\n", "v.yaml")
