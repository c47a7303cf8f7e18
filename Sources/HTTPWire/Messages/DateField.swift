/// The value of a Date field for a point in time (IMF-fixdate, RFC 9110 §5.6.7).
///
/// - Parameter secondsSince1970: Unix time; years 1970 to 9999.
/// - Returns: Always 29 characters, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
package func dateFieldValue(secondsSince1970: Int) -> String {
    let (day, second) = secondsSince1970.quotientAndRemainder(dividingBy: 86_400)
    let date = civilDate(daysSince1970: day)
    // 1 January 1970 was a Thursday.
    let dayNames = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let monthNames = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let clock = [second / 3600, second / 60 % 60, second % 60].map(twoDigits)
    return "\(dayNames[day % 7]), \(twoDigits(date.day)) \(monthNames[date.month - 1]) "
        + "\(date.year) \(clock.joined(separator: ":")) GMT"
}

/// The Gregorian date of a day counted from 1 January 1970.
///
/// Counts in years that begin on 1 March, so that the leap day is the last of its year.
private func civilDate(daysSince1970 day: Int) -> (year: Int, month: Int, day: Int) {
    let daysPerEra = 146_097  // 400 years
    let shifted = day + 719_468  // from 1 March of year 0
    let (era, dayOfEra) = shifted.quotientAndRemainder(dividingBy: daysPerEra)
    let yearOfEra =
        (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / (daysPerEra - 1)) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let dayOfMonth = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfMonth)
}

private func twoDigits(_ number: Int) -> String {
    number < 10 ? "0\(number)" : "\(number)"
}
