-- Rows of the appeals' export that the intake refused.
--
-- Grain:   one row.
-- Params:  none
-- Reads:   intake_problems
-- Caveat:  rows, of whatever street: a refused row belongs to none for certain.
select count(distinct concat_ws('/', file, sheet, row)) as refused_count,
from intake_problems
where severity = 'refused' and table_name = 'appeals'
