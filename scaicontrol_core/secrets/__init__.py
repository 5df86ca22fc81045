"""Secrets: what the installation itself needs to speak to others, set and deleted by the platform's people.

The port stands in ``scaicontrol_core.kernel.secrets``: every feature may read what its settings
name. Here is what people do with them, none of which ever gives a value back; the audit log
tells who changed which path.
"""

from scaicontrol_core.secrets.change import SecretChange
from scaicontrol_core.secrets.ports import SecretChanges, SecretsWork

__all__ = ["SecretChange", "SecretChanges", "SecretsWork"]
