"""All server APIs of the stand-in, by path."""

from dingbridge.sandbox.api_envelope import Routes
from dingbridge.sandbox.calendar_api import CalendarApi
from dingbridge.sandbox.callbacks_api import CallbacksApi
from dingbridge.sandbox.chats_api import ChatsApi
from dingbridge.sandbox.departments_api import DepartmentsApi
from dingbridge.sandbox.directory_api import DirectoryApi
from dingbridge.sandbox.media_api import MediaApi
from dingbridge.sandbox.notifications_api import NotificationsApi
from dingbridge.sandbox.platform_state import PlatformState


def server_routes(state: PlatformState) -> Routes:
    """The routes of every family."""
    families = (
        DirectoryApi(state),
        DepartmentsApi(state),
        NotificationsApi(state),
        ChatsApi(state),
        MediaApi(state),
        CalendarApi(state),
        CallbacksApi(state),
    )
    return {path: route for family in families for path, route in family.routes.items()}
