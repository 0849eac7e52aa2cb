#include "retort/text/jinja/strftime.h"

#include <fmt/format.h>

namespace retort::jinja {
namespace {

constexpr std::string_view kDays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                      "Thursday", "Friday", "Saturday"};
constexpr std::string_view kMonths[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};

struct Parts {
  int year;
  unsigned month;    // 1 to 12
  unsigned day;      // 1 to 31
  unsigned weekday;  // 0 is Sunday
  unsigned yearday;  // 1 to 366
  unsigned hour, minute, second;
};

Parts parts_of(std::chrono::local_seconds time) {
  using namespace std::chrono;
  auto midnight = floor<days>(time);
  year_month_day date(midnight);
  auto second = static_cast<unsigned>((time - midnight).count());  // of the day
  local_days first(date.year() / January / 1);
  return {static_cast<int>(date.year()),
          static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()),
          weekday(midnight).c_encoding(),
          static_cast<unsigned>((midnight - first).count()) + 1,
          second / 3600,
          second / 60 % 60,
          second % 60};
}

std::string number(unsigned value, int width, char pad, char flag) {
  if (flag == '-') return fmt::format("{}", value);
  return pad == '0' ? fmt::format("{:0{}}", value, width) : fmt::format("{:{}}", value, width);
}

std::string convert(const Parts& p, char c, char flag) {
  auto two = [&](unsigned value) { return number(value, 2, '0', flag); };
  unsigned hour12 = p.hour % 12 == 0 ? 12 : p.hour % 12;
  switch (c) {
    case 'a':
      return std::string(kDays[p.weekday].substr(0, 3));
    case 'A':
      return std::string(kDays[p.weekday]);
    case 'b':
    case 'h':
      return std::string(kMonths[p.month - 1].substr(0, 3));
    case 'B':
      return std::string(kMonths[p.month - 1]);
    case 'd':
      return two(p.day);
    case 'e':
      return number(p.day, 2, ' ', flag);
    case 'H':
      return two(p.hour);
    case 'I':
      return two(hour12);
    case 'j':
      return number(p.yearday, 3, '0', flag);
    case 'm':
      return two(p.month);
    case 'M':
      return two(p.minute);
    case 'p':
      return p.hour < 12 ? "AM" : "PM";
    case 'S':
      return two(p.second);
    case 'u':
      return fmt::format("{}", p.weekday == 0 ? 7 : p.weekday);
    case 'w':
      return fmt::format("{}", p.weekday);
    case 'y':
      return two(static_cast<unsigned>(p.year % 100));
    case 'Y':
      return fmt::format("{}", p.year);
    case 'F':
      return fmt::format("{}-{:02}-{:02}", p.year, p.month, p.day);
    case 'T':
      return fmt::format("{:02}:{:02}:{:02}", p.hour, p.minute, p.second);
    case 'R':
      return fmt::format("{:02}:{:02}", p.hour, p.minute);
    case 'D':
      return fmt::format("{:02}/{:02}/{:02}", p.month, p.day, p.year % 100);
    case 'c':
      return fmt::format("{} {} {:2} {:02}:{:02}:{:02} {}", kDays[p.weekday].substr(0, 3),
                         kMonths[p.month - 1].substr(0, 3), p.day, p.hour, p.minute, p.second, p.year);
    case 'n':
      return "\n";
    case 't':
      return "\t";
    case '%':
      return "%";
    default:
      return flag ? std::string{'%', flag, c} : std::string{'%', c};
  }
}

}  // namespace

std::string strftime(std::chrono::local_seconds time, std::string_view format) {
  Parts parts = parts_of(time);
  std::string out;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      out += format[i];
      continue;
    }
    char flag = format[i + 1] == '-' && i + 2 < format.size() ? '-' : '\0';
    i += flag ? 2 : 1;
    out += convert(parts, format[i], flag);
  }
  return out;
}

}  // namespace retort::jinja
