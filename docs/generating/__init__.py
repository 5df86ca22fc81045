"""What makes ``docs/reference``: one module a page, each with a function that returns it."""

from docs.generating import (
    api,
    command_line,
    configuration,
    errors,
    events,
    lifecycles,
    permissions,
    surfaces,
    template_variables,
    tools,
    webhooks,
)

#: Every page that is made from the code, in the order of their names.
PAGES = (
    api.page,
    command_line.page,
    configuration.page,
    errors.page,
    events.page,
    lifecycles.page,
    permissions.page,
    surfaces.page,
    template_variables.page,
    tools.page,
    webhooks.page,
)
