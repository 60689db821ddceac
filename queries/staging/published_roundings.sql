-- Published figures with how far the true value may lie from them.
--
-- Grain:   one row per published figure.
-- Params:  none
-- Reads:   published_figures
-- Caveat:  A figure stands for every value that rounds to it: half a unit of its last digit either way.
select
    *,
    0.5 * power(10, -length(rtrim(split_part(value::varchar, '.', 2), '0'))) as half_unit,
from published_figures
