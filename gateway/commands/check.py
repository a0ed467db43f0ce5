"""``rooms check``: whether everything on disk is as it should be."""

from __future__ import annotations

from gateway.commands.flags import Config, Data, Json, settings_of
from gateway.commands.output import print_json, print_line
from gateway.commands.rooms import readable
from storage import check_folder


def check(*, json: Json = False, data: Data = None, config: Config = None) -> int:
    """Read every page of every file and every record of the journal; a line for each fault. Exit status 1 if there is one."""
    folder = settings_of(data, config).data
    faults = 0
    with readable():
        for fault in check_folder(folder):
            faults += 1
            if json:
                print_json({"where": fault.where, "what": fault.what})
            else:
                print_line(str(fault))
    if not faults and not json:
        print_line("no faults")
    return 1 if faults else 0
