"""The single-decode pipeline that feeds every task, and the calls that analyse a whole video."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.analysis.features import extract_features as extract_features
    from touchline.analysis.one_call import analyze as analyze
    from touchline.analysis.pipeline import AnalyzeOptions as AnalyzeOptions
    from touchline.analysis.pipeline import analyze_video as analyze_video
    from touchline.analysis.result import AnalysisResult as AnalysisResult
    from touchline.analysis.tasks.task import Task as Task
    from touchline.analysis.tasks.usual import usual_tasks as usual_tasks
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.analysis.features": ("extract_features",),
            "touchline.analysis.one_call": ("analyze",),
            "touchline.analysis.pipeline": ("AnalyzeOptions", "analyze_video"),
            "touchline.analysis.result": ("AnalysisResult",),
            "touchline.analysis.tasks.task": ("Task",),
            "touchline.analysis.tasks.usual": ("usual_tasks",),
        },
    )
