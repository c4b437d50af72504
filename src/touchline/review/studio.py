"""Everything that one server holds: the desks, their footage, the jobs and the files to download."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Sequence
from pathlib import Path

from touchline.core.version import __version__
from touchline.formats.events.registry import FORMATS
from touchline.review.desk import Desk
from touchline.review.footage import Footage
from touchline.review.jobs import Job, Jobs
from touchline.review.labels import label_sets
from touchline.review.refusals import Refusal
from touchline.review.schema import BundleRef, ExportFormat, FileLink, LabelSetInfo, Session
from touchline.review.schema import Job as JobBody
from touchline.review.shelf import Item


class Studio:
    """The state of a server.

    Args:
        items: what can be opened.
        who: name of the person, for new entries.
        chosen: label set that the user asked for.
        cache_root: folder of all caches; None for the usual one.

    """

    def __init__(
        self,
        items: Sequence[Item],
        *,
        who: str,
        chosen: LabelSetInfo | None = None,
        cache_root: Path | None = None,
    ) -> None:
        self.jobs = Jobs()
        self._who, self._chosen = who, chosen
        self._desks = {item.id: Desk(item, who=who, chosen=chosen) for item in items}
        self._footage = {key: Footage(desk, self.jobs, cache_root=cache_root) for key, desk in self._desks.items()}
        self._files: dict[str, Path] = {}
        self._scratch = tempfile.TemporaryDirectory(prefix="touchline-review-")

    @property
    def desks(self) -> Sequence[Desk]:
        """All desks, in the order of the command line."""
        return list(self._desks.values())

    def desk(self, bundle_id: str) -> Desk:
        """Return a desk.

        Raises:
            Refusal: there is none with this id.

        """
        if bundle_id not in self._desks:
            raise Refusal("not_found", "there is no such bundle here; reload the page")
        return self._desks[bundle_id]

    def footage(self, bundle_id: str) -> Footage:
        """Return what is made from a desk's video; errors as for :meth:`desk`."""
        return self._footage[self.desk(bundle_id).item.id]

    def session(self) -> Session:
        """Return what this server offers."""
        sets = [*([] if self._chosen is None else [self._chosen]), *label_sets()]
        return Session(
            version=__version__,
            who=self._who,
            bundles=[
                BundleRef(
                    id=desk.item.id,
                    title=desk.item.title,
                    analysed=desk.item.has_manifest and bool(desk.item.bundle.read_manifest().files),
                    reviewed=desk.reviewed,
                )
                for desk in self.desks
            ],
            label_sets=list({known.name: known for known in reversed(sets)}.values())[::-1],
            label_set=None if self._chosen is None else self._chosen.name,
            exports=[ExportFormat(name=known.name, title=known.title) for known in FORMATS],
        )

    def scratch(self) -> Path:
        """Return a new folder for files to download; it lasts as long as the server."""
        return Path(tempfile.mkdtemp(dir=self._scratch.name))

    def link(self, path: Path) -> FileLink:
        """Return the link to a file that the server made."""
        known = next((key for key, file in self._files.items() if file == path), None)
        key = known or secrets.token_urlsafe(9)
        self._files[key] = path
        return FileLink(name=path.name, url=f"/files/{key}", bytes=path.stat().st_size)

    def file(self, key: str) -> Path:
        """Return a file that was linked.

        Raises:
            Refusal: there is none with this key.

        """
        if key not in self._files:
            raise Refusal("not_found", "there is no such file; make it again")
        return self._files[key]

    def job_body(self, job: Job) -> JobBody:
        """Return how a job stands, with links to its files."""
        return JobBody(
            id=job.id,
            kind=job.kind,
            state=job.state,
            progress=job.progress,
            text=job.text,
            notes=list(job.outcome.notes),
            files=self._links([path for path in job.outcome.files if path.is_file()]),
        )

    def _links(self, paths: Sequence[Path]) -> list[FileLink]:
        """Return links to files, with their folder if there are several."""
        several = len({path.parent for path in paths}) > 1
        links = [self.link(path) for path in paths]
        folders = [path.parent.name if several else "" for path in paths]
        return [link.model_copy(update={"folder": name}) for link, name in zip(links, folders, strict=True)]

    def tend(self) -> None:
        """Release the journals that no window writes any more."""
        for desk in self.desks:
            desk.tend()

    def close(self) -> None:
        """Stop all jobs, and release everything."""
        self.jobs.close()
        for desk in self.desks:
            desk.close()
        for footage in self._footage.values():
            footage.close()
        self._scratch.cleanup()
