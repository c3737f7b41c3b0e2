"""The bar: silent off a terminal and for quick work, one line for all threads of slow work."""

import sys
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

from vedette.cli import progress


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_nothing_is_drawn_off_a_terminal_nor_for_quick_work(monkeypatch):
    for stream in (StringIO(), Terminal()):
        monkeypatch.setattr(sys, "stderr", stream)
        with progress.progress_bar() as show:
            show("jan.parquet", 10, 100)
        assert stream.getvalue() == ""


def test_slow_work_of_several_threads_is_one_bar_that_never_goes_back(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress, "PATIENCE_S", 0.0)
    with progress.progress_bar() as show, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda done: show("jan.parquet", done, 100), [100, 40, 70, 10] * 20))
    text = stream.getvalue()
    assert "reading jan.parquet" in text
    assert "100/100" in text
