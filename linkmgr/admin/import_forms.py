"""The forms of an import: which file is loaded where, and which of its columns is which of ours."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.forms import BoundField
from django.utils.text import Truncator

from linkmgr.accounts.models import Site
from linkmgr.files.formats.rows import MIB
from linkmgr.files.layout import Layout
from linkmgr.files.mapping import guessed
from linkmgr.files.models import Upload

ENDINGS = ".csv,.tsv,.xlsx,.xlsm,.json,.ndjson,.jsonl,.gz"
FOUND_OUT = ("", "found out")
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "cp1250": "Windows-1250 (Central European)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp1252": "Windows-1252 (Western European)",
    "koi8-r": "KOI8-R",
    "cp866": "DOS 866 (Cyrillic)",
    "mac-roman": "Mac Roman",
}
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
NOT_READ = ("", "— do not read —")
LONGEST_LABEL = 60


class UploadForm(forms.ModelForm):  # type: ignore[type-arg]
    """`too_large`: the request was, so that its file was not kept."""

    file = forms.FileField(widget=forms.FileInput(attrs={"accept": ENDINGS}))
    encoding = forms.ChoiceField(required=False, choices=[FOUND_OUT, *ENCODINGS.items()], help_text="Of CSV and JSON.")
    delimiter = forms.ChoiceField(
        required=False, choices=[FOUND_OUT, *DELIMITERS.items()], help_text="Between the cells of CSV."
    )

    class Meta:
        model = Upload
        fields = ("file", "site", "encoding", "delimiter", "sheet")
        help_texts = {"sheet": "Name of the sheet of a workbook; empty: the first one.", "site": "Where its rows go."}

    def __init__(self, *args: Any, user: Any, too_large: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        largest = f"At most {settings.MAX_BODY_BYTES // MIB} MiB"
        file, site = self.fields["file"], self.fields["site"]
        file.help_text = f"CSV, XLSX, JSON or NDJSON, texts also as .gz. {largest}."
        if too_large:
            file.error_messages["required"] = f"The file is too large. {largest} are taken here; a command takes more."
        assert isinstance(site, forms.ModelChoiceField)
        site.queryset = Site.objects.administered_by(user)
        if len(sites := site.queryset[:2]) == 1:
            site.initial = sites[0].pk
            site.widget = forms.HiddenInput()


class MappingForm(forms.Form):
    """A choice for each column of the file, in the order of the file."""

    def __init__(self, *args: Any, upload: Upload, layout: Layout, **options: Any) -> None:
        super().__init__(*args, **options)
        self._columns: list[Any] = upload.columns
        names = [name for name, _ in self._columns]
        chosen = upload.renamed or guessed(names, layout)
        choices = [NOT_READ, *((name, name) for name in layout.header)]
        for at, name in enumerate(names):
            label = Truncator(name).chars(LONGEST_LABEL)
            self.fields[_field(at)] = forms.ChoiceField(
                label=label, choices=choices, initial=chosen.get(name, ""), required=False, label_suffix=""
            )

    def rows(self) -> Iterator[tuple[BoundField, list[str]]]:
        """(choice, a few values of its column)"""
        for at, (_, samples) in enumerate(self._columns):
            yield self[_field(at)], samples

    @property
    def renamed(self) -> dict[str, str]:
        """Column of the file → ours, empty if it is not read."""
        return {name: self.cleaned_data[_field(at)] for at, (name, _) in enumerate(self._columns)}

    def clean(self) -> None:
        taken: dict[str, Any] = {}
        for field, chosen in list(self.cleaned_data.items()):
            if chosen in taken:
                self.add_error(field, f"{chosen} is read from “{taken[chosen]}” already.")
            elif chosen:
                taken[chosen] = self.fields[field].label


def _field(at: int) -> str:
    return f"column_{at}"
