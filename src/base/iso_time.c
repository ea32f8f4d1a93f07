// SPDX-License-Identifier: Apache-2.0
// Days and points in time as text, years 0001 to 9999 of the calendar that is in use. Leap seconds
// have no place in Arrow's counts and are refused.
#include "base/iso_time.h"

#include <string.h>

#define DAY_SECONDS INT64_C(86400)

/// Days since 1970-01-01 of a date; years begin in March, so that leap days come last.
static int64_t days_of(int64_t year, int64_t month, int64_t day) {
    year -= month <= 2;
    int64_t era = year / 400, of_era = year % 400;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_of(int64_t days, int64_t *year, int64_t *month, int64_t *day) {
    days += 719468;
    int64_t era = days / 146097, of_era = days % 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;
    *day = of_year - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = y + era * 400 + (*month <= 2);
}

/// Units of a type in a second; 0: days; -1: no such text.
static int64_t units_of(const char *logical) {
    if (strcmp(logical, "tdD") == 0)
        return 0;
    if (strcmp(logical, "tdm") == 0 || strncmp(logical, "tsm:", 4) == 0)
        return 1000;
    if (strncmp(logical, "tss:", 4) == 0)
        return 1;
    if (strncmp(logical, "tsu:", 4) == 0)
        return 1000000;
    return strncmp(logical, "tsn:", 4) == 0 ? 1000000000 : -1;
}

// ---- reading ----

typedef struct rest {
    const char *at, *end;
    bool failed;
} rest;

static int64_t digits(rest *r, int n) {
    int64_t value = 0;
    for (; n > 0; n--, r->at++) {
        if (r->failed || r->at == r->end || *r->at < '0' || *r->at > '9') {
            r->failed = true;
            return 0;
        }
        value = 10 * value + (*r->at - '0');
    }
    return value;
}

static bool take(rest *r, char c) {
    bool is_there = !r->failed && r->at < r->end && *r->at == c;
    r->at += is_there;
    return is_there;
}

static void want(rest *r, bool is_right) { r->failed = r->failed || !is_right; }

static int64_t read_date(rest *r) {
    static const uint8_t lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t year = digits(r, 4);
    want(r, take(r, '-'));
    int64_t month = digits(r, 2);
    want(r, take(r, '-'));
    int64_t day = digits(r, 2);
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    want(r, year >= 1 && month >= 1 && month <= 12 && day >= 1);
    if (r->failed)
        return 0;
    want(r, day <= lengths[month - 1] && (month != 2 || day < 29 || is_leap));
    return days_of(year, month, day);
}

/// Seconds of the day; the zone counts backwards. \param ret_nanos of the second
static int64_t read_clock(rest *r, int64_t *ret_nanos) {
    int64_t hours = digits(r, 2);
    want(r, take(r, ':'));
    int64_t minutes = digits(r, 2), seconds = take(r, ':') ? digits(r, 2) : 0;
    want(r, hours < 24 && minutes < 60 && seconds < 60);
    if (take(r, '.')) {
        int64_t unit = 100000000;
        const char *begin = r->at;
        for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++, unit /= 10)
            *ret_nanos += unit * (*r->at - '0');
        want(r, r->at > begin && r->at - begin <= 9);
    }
    int64_t total = hours * 3600 + minutes * 60 + seconds;
    bool is_ahead = take(r, '+');
    if (is_ahead || take(r, '-')) {
        int64_t zone = 3600 * digits(r, 2);
        (void)take(r, ':');
        zone += 60 * (r->at < r->end ? digits(r, 2) : 0);
        total += is_ahead ? -zone : zone;
    } else {
        (void)take(r, 'Z');
    }
    return total;
}

bool bl_iso_read(const char *text, size_t size, const char *logical, int64_t *ret_value) {
    rest r = {text, text + size, false};
    int64_t units = units_of(logical), nanos = 0, value, days = read_date(&r);
    value = days * DAY_SECONDS;
    if (!r.failed && r.at < r.end && (take(&r, 'T') || take(&r, ' ')))
        value += read_clock(&r, &nanos);
    if (r.failed || r.at != r.end || units < 0)
        return false;
    if (units == 0) {
        *ret_value = days;
        return value == days * DAY_SECONDS && nanos == 0;
    }
    int64_t unit_nanos = 1000000000 / units;
    if (nanos % unit_nanos || __builtin_mul_overflow(value, units, &value) ||
        __builtin_add_overflow(value, nanos / unit_nanos, &value))
        return false;
    *ret_value = value;
    return true;
}

// ---- writing ----

static char *put(char *at, int64_t value, int n) {
    for (int i = n; i-- > 0; value /= 10)
        at[i] = (char)('0' + value % 10);
    return at + n;
}

size_t bl_iso_write(char *text, const char *logical, int64_t value) {
    int64_t units = units_of(logical), year, month, day;
    int64_t per_day = units == 0 ? 1 : DAY_SECONDS * units;
    if (units < 0)
        return 0;
    int64_t days = value / per_day, of_day = value % per_day;
    if (of_day < 0) {
        of_day += per_day;
        days--;
    }
    if (days < -719162 || days > 2932896) // years 0001 to 9999
        return 0;
    date_of(days, &year, &month, &day);
    char *at = put(text, year, 4);
    *at++ = '-';
    at = put(at, month, 2);
    *at++ = '-';
    at = put(at, day, 2);
    if (units == 0 || strcmp(logical, "tdm") == 0)
        return (size_t)(at - text);
    int64_t seconds = of_day / units;
    *at++ = 'T';
    at = put(at, seconds / 3600, 2);
    *at++ = ':';
    at = put(at, seconds / 60 % 60, 2);
    *at++ = ':';
    at = put(at, seconds % 60, 2);
    if (units > 1) {
        *at++ = '.';
        at = put(at, of_day % units, units == 1000 ? 3 : units == 1000000 ? 6 : 9);
    }
    if (logical[4]) // of a zone: the count is in UTC
        *at++ = 'Z';
    return (size_t)(at - text);
}
