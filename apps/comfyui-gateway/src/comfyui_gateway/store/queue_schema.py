"""The names of PgQueuer's tables, fixed here so that no environment variable can move them."""

from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel

ENTRYPOINT = "job"
QUEUE = "pgqueuer"
QUEUE_LOG = "pgqueuer_log"
QUEUE_STATUS = "pgqueuer_status"
CHANNEL = Channel("ch_pgqueuer")

QUEUE_SETTINGS = DBSettings(
    prefix="",
    db_schema=None,
    channel=CHANNEL,
    function="fn_pgqueuer_changed",
    statistics_table="pgqueuer_statistics",
    queue_status_type=QUEUE_STATUS,
    queue_table=QUEUE,
    queue_table_log=QUEUE_LOG,
    trigger="tg_pgqueuer_changed",
    schedules_table="pgqueuer_schedules",
    # The job table remembers; PgQueuer's own log and statistics need not survive a crash.
    durability=Durability.balanced,
)


def install_script() -> str:
    """The statements that create PgQueuer's tables, as the installed release declares them."""
    return QueryBuilderEnvironment(QUEUE_SETTINGS).build_install_query()
