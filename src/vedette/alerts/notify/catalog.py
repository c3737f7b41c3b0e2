"""The kinds of channel, one row each.

Owns: the table from a channel's kind to how it speaks.  Does not own: any of them.
"""

from collections.abc import Mapping

from vedette.alerts.notify import (
    alertmanager,
    apprise,
    email,
    http,
    pagerduty,
    slack,
    teams,
    webhook,
)
from vedette.alerts.notify.sending import Kind

KINDS: Mapping[str, Kind] = {
    "webhook": Kind(webhook.render, http.send),
    "alertmanager": Kind(alertmanager.render, http.send, any_of=True),
    "slack": Kind(slack.render, http.send),
    "pagerduty": Kind(pagerduty.render, http.send),
    "teams": Kind(teams.render, http.send),
    "email": Kind(email.render, email.send, pictures=True),
    "apprise": Kind(apprise.render, apprise.send),
}
