"""What a serving directory holds, what is served, and what was rolled back from."""

from collections.abc import Callable

from components import files
from components.errors import ConfigError
from components.pusher.destinations import Destination
from components.pusher.manifest import read_manifest
from components.pusher.versions import LARGEST, Version

Clock = Callable[[], float]


class Standing:
    """What a serving directory holds and what was rolled back from, at one moment.

    Attributes:
        place: The serving directory.
        versions: All versions, oldest first.
        whole: The versions that can be served, oldest first.
        served: The newest of them; None if there is none.
        withdrawn: Digests of models that were rolled back from.
    """

    def __init__(self, place: Destination) -> None:
        """Asks.

        Args:
            place: The serving directory.

        Raises:
            StoreError: If it cannot be asked.
        """
        self.place = place
        self.versions = place.versions()
        self.whole = [version for version in self.versions if not version.problem]
        self.served = self.whole[-1] if self.whole else None
        folders = [one for one in self.versions if not one.problem or files.is_folder(one.path)]
        manifests = {one.number: read_manifest(one.path) for one in folders}
        # The served version tells; so does a damaged one after it, whose rollback still stands.
        since = self.served.number if self.served else 0
        told = [one for number, one in manifests.items() if one and number >= since]
        self.withdrawn = {digest for manifest in told for digest in manifest.withdrawn}
        # What an earlier release withdrew goes by the digest of its files.
        self.withdrawn |= {
            place.digest(version)
            for version in self.whole
            if (one := manifests.get(version.number)) and one.digest_of == "files" and one.digest in self.withdrawn
        }

    def names(self, version: Version) -> set[str]:
        """The digests of a version: its model's, and that of its files if an earlier release pushed it."""
        manifest = read_manifest(version.path)
        return {self.place.digest(version), *([manifest.digest] if manifest else [])}

    def next_number(self, clock: Clock) -> int:
        """A number above all others, those of versions that cannot be served too.

        Raises:
            ConfigError: If there is no greater one.
        """
        newest = self.versions[-1] if self.versions else None
        number = max(int(clock()), newest.number + 1 if newest else 0)
        if newest and number > LARGEST:
            raise ConfigError("", f"{newest.path}: TF Serving knows no greater version number; rename or remove it")
        return number
