-- Macros that decide which cases a list shows. No figure that is kept or frozen depends on them, so they stand apart from
-- macros.sql, by whose text roll-ups and frozen periods are told to be out of date.

-- Whether a case has a text in its number, title, enterprise or unit, in whatever case; an empty text is in all. Null
-- where some of them are missing and none has it.
create macro is_found(searched, case_number, case_title, firm, unit) as
    searched = ''
    or contains(lower(case_number), lower(searched))
    or contains(lower(case_title), lower(searched))
    or contains(lower(firm), lower(searched))
    or contains(lower(unit), lower(searched));
