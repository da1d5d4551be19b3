"""Policy packs: the rules of a region and year as data. No database, no request.

pack = load_pack("changzhou/2024")
verdict = pack.evaluate(facts, kind="level", grade=4, mode="normal", trade_code="0201", year=2024)
"""

from gkportal.policy.dictionaries import DICTIONARIES, Dictionary, dictionary, grade_number
from gkportal.policy.facts import Certificate, Education, Facts, Honour
from gkportal.policy.form_data import Problem
from gkportal.policy.library import PackLibrary, available_packs, check_packs, load_pack, use_directories
from gkportal.policy.material_lists import MaterialItem
from gkportal.policy.pack import Pack
from gkportal.policy.reading import PackError
from gkportal.policy.schema import FormDefinition, FormField, FormSection, Step, Trade, Window
from gkportal.policy.verdicts import Line, Option, PathVerdict, Verdict

__all__ = [
    "DICTIONARIES",
    "Certificate",
    "Dictionary",
    "Education",
    "Facts",
    "FormDefinition",
    "FormField",
    "FormSection",
    "Honour",
    "Line",
    "MaterialItem",
    "Option",
    "Pack",
    "PackError",
    "PackLibrary",
    "PathVerdict",
    "Problem",
    "Step",
    "Trade",
    "Verdict",
    "Window",
    "available_packs",
    "check_packs",
    "dictionary",
    "grade_number",
    "load_pack",
    "use_directories",
]
