"""Events and boxes from and to files of other tools: ``convert`` and ``export``."""
