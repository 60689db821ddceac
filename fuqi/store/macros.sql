-- Scalar functions every query may use.

-- Whose rows a database holds: for somebody who sees some streets only, it is opened with others of these names.
create macro is_own_street(street) as true;
create macro sees_whole_district() as true;

-- A personal name keeps its first character.
create macro mask_name(person_name) as
    left(person_name, 1) || repeat('*', greatest(length(person_name) - 1, 1));

-- A phone number keeps its first three and last four digits; one shorter than a mobile number is hidden whole.
create macro mask_phone(phone) as
    case
        when length(phone) > 10 then left(phone, 3) || repeat('*', length(phone) - 7) || right(phone, 4)
        else repeat('*', length(phone))
    end;

-- Free text keeps neither identity numbers (of their first three characters on) nor phone numbers (but for the first
-- three digits and the last four): mobile numbers with or without country code, land lines with their area code or behind
-- a word that says so, with separators and full-width digits, which come out half-width. In doubt something is masked.
create macro half_width(content) as
    translate(content, '０１２３４５６７８９Ｘ', '0123456789X');
create macro mask_identity_numbers(content) as
    regexp_replace(
        regexp_replace(
            content,
            '(^|[^0-9])([1-9][0-9]{2})[0-9]{3}[-－—–‐.．·/ 　]?(?:18|19|20)[0-9]{2}[-－—–‐.．·/ 　]?(?:0[1-9]|1[0-2])[-－—–‐.．·/ 　]?'
            || '(?:0[1-9]|[12][0-9]|3[01])[-－—–‐.．·/ 　]?[0-9]{3}[-－—–‐.．·/ 　]?[0-9Xx]',
            '\1\2***************', 'g'
        ),
        '(^|[^0-9])([1-9][0-9]{2})[0-9]{3}[-－—–‐.．·/ 　]?[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[-－—–‐.．·/ 　]?[0-9]{3}',
        '\1\2************', 'g'
    );
create macro mask_mobile_numbers(content) as
    regexp_replace(
        content,
        '(^|[^0-9])((?:[+＋]?(?:00)?86[)）]?[-－—–‐.．·/ 　]?)?1[-－—–‐.．·/ 　]?[3-9][-－—–‐.．·/ 　]?[0-9])(?:[-－—–‐.．·/ 　]?[0-9]){4}[-－—–‐.．·/ 　]?([0-9](?:[-－—–‐.．·/ 　]?[0-9]){3})',
        '\1\2****\3', 'g'
    );
create macro mask_land_lines(content) as
    regexp_replace(
        regexp_replace(
            content,
            '(^|[^0-9A-Za-z])((?:[+＋]?86[-－—–‐.．·/ 　]?)?0[0-9]{2})[0-9]?[)）]?[-－—–‐.．·/ 　]?[0-9]{3,4}[-－—–‐.．·/ 　]?([0-9]{4})',
            '\1\2****\3', 'g'
        ),
        '(电话|座机|固话|致电|来电|[Tt][Ee][Ll])([^0-9]{0,4})[2-8][0-9]{2,3}[-－—–‐.．·/ 　]?([0-9]{4})',
        '\1\2****\3', 'g'
    );
-- Most texts hold no number of seven digits or more and cost one look.
create macro mask_text(content) as
    case
        when regexp_matches(content, '(?:[0-9０-９][-－—–‐.．·/ 　]?[)）]?[-－—–‐.．·/ 　]?){7}')
            then mask_land_lines(mask_mobile_numbers(mask_identity_numbers(half_width(content))))
        else content
    end;

-- A share, null when there is nothing to share out.
create macro rate(numerator, denominator) as
    numerator::double / nullif(denominator, 0)::double;

-- 95% Wilson score interval of a share (Wilson 1927); z = 1.959964.
create macro wilson_low(hits, n) as
    case
        when hits = 0 and n > 0 then 0
        when n > 0 then greatest(0, (
            hits / n + 1.920729 / n
            - 1.959964 * sqrt(hits / n * (1 - hits / n) / n + 0.960365 / n / n)
        ) / (1 + 3.841459 / n))
    end;
create macro wilson_high(hits, n) as
    case
        when hits = n and n > 0 then 1
        when n > 0 then least(1, (
            hits / n + 1.920729 / n
            + 1.959964 * sqrt(hits / n * (1 - hits / n) / n + 0.960365 / n / n)
        ) / (1 + 3.841459 / n))
    end;

-- 95% interval of the difference of two independent shares, hits / n minus hits_before / n_before, from the limits
-- above (Newcombe 1998, method 10: hybrid score).
create macro least_difference(share, low, share_before, high_before) as
    share - share_before - sqrt(power(share - low, 2) + power(high_before - share_before, 2));
create macro greatest_difference(share, high, share_before, low_before) as
    share - share_before + sqrt(power(high - share, 2) + power(share_before - low_before, 2));
create macro newcombe_low(hits, n, hits_before, n_before) as
    least_difference(hits / n, wilson_low(hits, n), hits_before / n_before, wilson_high(hits_before, n_before));
create macro newcombe_high(hits, n, hits_before, n_before) as
    greatest_difference(hits / n, wilson_high(hits, n), hits_before / n_before, wilson_low(hits_before, n_before));

-- Whether an appeal's outcome and rating count as good; the second argument is the setting of that name.
create macro is_resolved(outcome, partial_counts_as_resolved) as
    outcome = '解决' or (outcome = '部分解决' and partial_counts_as_resolved);
create macro is_satisfied(rating, basically_satisfied_counts) as
    rating = '满意' or (rating = '基本满意' and basically_satisfied_counts);

-- Three rates weighed into a score of 100 at most; a part that weighs nothing may be missing, no other.
create macro composite_score(responded, resolved, satisfied, response_weight, resolved_weight, satisfied_weight) as
    100 * (
        case when response_weight > 0 then responded * response_weight else 0 end
        + case when resolved_weight > 0 then resolved * resolved_weight else 0 end
        + case when satisfied_weight > 0 then satisfied * satisfied_weight else 0 end
    ) / (response_weight + resolved_weight + satisfied_weight);

-- Exact quantiles of hours, to the hundred-millionth (36 microseconds): their last digit differs between processors.
-- Both name the same list, so that a query that asks for both holds the values once.
create macro median_hours(hours) as round(quantile_cont(hours, [0.5, 0.9])[1], 8);
create macro p90_hours(hours) as round(quantile_cont(hours, [0.5, 0.9])[2], 8);

-- What counts of roll-ups come to, 0 where there are none.
create macro total(counts) as coalesce(sum(counts), 0)::bigint;
create macro resolved_total(fully, partly, counts_partly) as
    total(fully) + case when counts_partly then total(partly) else 0 end;
create macro satisfied_total(fully, basically, counts_basically) as
    total(fully) + case when counts_basically then total(basically) else 0 end;

-- How units of one measure are compared with the district: ranked when n is large enough, equal rates share a rank.
create macro verdict(n, min_n, low, high, district) as
    case
        when n = 0 then '无应计'
        when n < min_n then '样本不足'
        when low > district then '高于全区'
        when high < district then '低于全区'
        else '与全区无显著差异'
    end;

-- Exact upper tails, for counts that may be chance. Terms are added until they no longer matter: behind the mean by
-- twelve standard deviations and a hundred they are below a double's last digit (Bernstein's inequality).
create macro ln_choose(n, k) as
    lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);

-- The chance of `hits` or more marked ones among `drawn` of `total`, of which `marked` are (Fisher's exact test, one-sided).
create macro hypergeometric_tail(hits, drawn, marked, total) as
    least(1, coalesce(list_sum(list_transform(
        range(
            greatest(hits, 0, drawn + marked - total),
            1 + least(
                drawn,
                marked,
                (
                    greatest(hits, drawn::double * marked / total)
                    + 100 + 12 * sqrt(drawn::double * marked / total)
                )::bigint
            )
        ),
        lambda i: exp(
            ln_choose(marked, i) + ln_choose(total - marked, drawn - i) - ln_choose(total, drawn)
        )
    )), 0));

-- The chance of `hits` or more among `n`, each with the chance `share`, which lies between 0 and 1.
create macro binomial_tail(hits, n, share) as
    least(1, coalesce(list_sum(list_transform(
        range(
            greatest(hits, 0),
            1 + least(n, (greatest(hits, n * share) + 100 + 12 * sqrt(n * share))::bigint)
        ),
        lambda i: exp(ln_choose(n, i) + i * ln(share) + (n - i) * ln(1 - share))
    )), 0));

-- How a false discovery rate that a finding needs reads in words.
create macro certainty(false_discovery) as
    case
        when false_discovery <= 0.001 then '几乎不会是偶然'
        when false_discovery <= 0.01 then '很难说是偶然'
        else '不大像偶然'
    end;

-- Metres between two positions in degrees of WGS84: the great circle, by the haversine formula, on a sphere of the
-- earth's mean radius (IUGG). Against the ellipsoid it is off by up to 0.5%, 2.5 m in 500 m.
create macro great_circle_metres(longitude_a, latitude_a, longitude_b, latitude_b) as
    2 * 6371008.8 * asin(least(1, sqrt(
        power(sin(radians(latitude_b - latitude_a) / 2), 2)
        + cos(radians(latitude_a)) * cos(radians(latitude_b)) * power(sin(radians(longitude_b - longitude_a) / 2), 2)
    )));

-- The grid that enterprises are counted on: cells of about 50 m, or of as many of them a side as a zoom asks for.
create macro coarser(cell_number, cells_a_side) as
    floor(cell_number / cells_a_side::double)::integer;
create macro cell_longitude(cell_column, cells_a_side) as
    (cell_column + 0.5::double) * cells_a_side * 0.00049::double;
create macro cell_latitude(cell_row, cells_a_side) as
    (cell_row + 0.5::double) * cells_a_side * 0.00045::double;
create macro cell_column_at(longitude, cells_a_side) as
    floor(longitude / 0.00049::double / cells_a_side)::integer;
create macro cell_row_at(latitude, cells_a_side) as
    floor(latitude / 0.00045::double / cells_a_side)::integer;
