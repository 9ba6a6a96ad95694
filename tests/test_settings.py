"""Settings come from the environment, strictly."""

from __future__ import annotations

import pytest

from service.settings import SETTINGS, Settings


def test_without_an_environment_everything_has_its_default() -> None:
    assert Settings.from_environment({}) == Settings()


def test_settings_and_limits_are_read() -> None:
    settings = Settings.from_environment(
        {"REDIS_URL": "redis://cache/0", "CACHE_MEMORY_BYTES": "1000", "LOG_LEVEL": "WARNING", "LIMIT_BODY_BYTES": "5", "HOME": "/"}
    )
    assert (settings.redis_url, settings.cache_memory_bytes, settings.log_level) == ("redis://cache/0", 1000, "WARNING")
    assert settings.limits == {"body-bytes": 5}


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"CACHE_MEMORY_BYTES": "64MB"}, "CACHE_MEMORY_BYTES must be a whole number"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL must be one of"),
        ({"LIMIT_BODY_BYTE": "5"}, "did you mean LIMIT_BODY_BYTES?"),
        ({"LIMIT_BODY_BYTES": "-5"}, "LIMIT_BODY_BYTES must be a whole number"),
    ],
)
def test_a_wrong_setting_says_what_would_be_right(environment: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("?", r"\?")):
        Settings.from_environment(environment)


def test_every_setting_is_explained() -> None:
    assert all(entry.metadata["help"] for entry in SETTINGS)
