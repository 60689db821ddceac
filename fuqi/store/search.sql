-- Macros that decide which cases a list shows. No figure depends on them, so they stand apart from macros.sql, by whose
-- text roll-ups and frozen periods are told to be out of date.

-- Whether a text stands in one of those of a case, in the same case; null where some are missing and none has it.
create macro stands_in(searched, case_number, case_title, firm, unit) as
    contains(case_number, searched)
    or contains(case_title, searched)
    or contains(firm, searched)
    or contains(unit, searched);

-- Whether a case has a text in its number, title, enterprise or unit, in whatever case; an empty text is in all.
-- Writing all texts small is most of what a search takes, and only done for one with letters: Chinese has no case.
create macro is_found(searched, case_number, case_title, firm, unit) as
    searched = ''
    or case
        when lower(searched) = upper(searched) then stands_in(searched, case_number, case_title, firm, unit)
        else stands_in(lower(searched), lower(case_number), lower(case_title), lower(firm), lower(unit))
    end;
