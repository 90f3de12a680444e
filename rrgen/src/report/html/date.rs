//! When a comparison began, as people write it.

/// Seconds in a day.
const DAY_S: u64 = 86_400;

/// Days from 1 March of the year 0 to 1 January 1970. Years that begin in March have their leap day at the end.
const DAYS_TO_1970: u64 = 719_468;

/// Days in the 400 years after which the calendar repeats itself.
const ERA_DAYS: u64 = 146_097;

/// Date and time in UTC, of seconds since the Unix epoch, to the minute.
pub(super) fn utc(since_1970_s: u64) -> String {
    let days = since_1970_s / DAY_S + DAYS_TO_1970;
    let (era, day) = (days / ERA_DAYS, days % ERA_DAYS);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // Five months from March on have 153 days, and so do the next five.
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let (hour, minute) = (since_1970_s % DAY_S / 3_600, since_1970_s % 3_600 / 60);
    format!("{:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC", era * 400 + year + later)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_dates() {
        for (since_1970_s, date) in [
            (0, "1970-01-01 00:00 UTC"),
            (951_782_399, "2000-02-28 23:59 UTC"),
            (951_782_400, "2000-02-29 00:00 UTC"),
            (1_562_018_208, "2019-07-01 21:56 UTC"),
            (4_107_542_400, "2100-03-01 00:00 UTC"),
        ] {
            assert_eq!(utc(since_1970_s), date);
        }
    }

    proptest! {
        #[test]
        fn any_number_is_a_date(since_1970_s: u64) {
            prop_assert!(utc(since_1970_s).ends_with(" UTC"));
        }

        #[test]
        fn later_is_later(days in 0..100_000_u64) {
            prop_assert!(utc(days * DAY_S) < utc((days + 1) * DAY_S));
        }
    }
}
