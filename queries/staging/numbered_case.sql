-- One appeal by its number, judged, with the words it was filed in.
--
-- Grain:   one row, none when no such appeal counts at the moment.
-- Params:  $as_of    the moment it is judged at
--          $case_id  the appeal's number
-- Reads:   judged_cases, appeals
-- Caveat:  exports are mostly in the order of numbers, the ledger of each street in that of receipt: so the number is
--          looked up in the export, and its moment of receipt in the ledger.
select
    cases.*,
    appeals.content,
    appeals.category_path,
from judged_cases($as_of::timestamp) as cases
inner join appeals
    on
        cases.received_at = appeals.received_at
        and cases.appeal_id = appeals.appeal_id
where appeals.appeal_id = $case_id::varchar
