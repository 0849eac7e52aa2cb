#include "retort/text/jinja/text_tools.h"

#include <algorithm>

#include "retort/text/jinja/unicode.h"

namespace retort::jinja {

Value make_parts(Meter& meter, const Value& whole, const std::vector<std::string_view>& parts,
                 SequenceStyle style) {
  std::vector<Value> items;
  items.reserve(parts.size());
  for (auto part : parts) items.push_back(make_part(meter, whole, part));
  return make_sequence(meter, std::move(items), style);
}

Value replace_text(Meter& meter, const Value& whole, std::string_view old, const Value& by, int64_t count) {
  auto text = whole.text();
  auto left = count < 0 ? UINT64_MAX : static_cast<uint64_t>(count);
  Writer out(meter);
  size_t at = 0;
  if (old.empty()) {  // between all code points, and at both ends
    for (; left > 0 && at < text.size(); --left) {
      size_t n = code_point_size(text, at);
      append_string(out, by);
      append_part(out, whole, text.substr(at, n));
      at += n;
    }
    if (left > 0) append_string(out, by);
  } else {
    for (; left > 0; --left) {
      size_t hit = find_text(text, old, at);
      if (hit == text.npos) break;
      append_part(out, whole, text.substr(at, hit - at));
      append_string(out, by);
      at = hit + old.size();
    }
  }
  append_part(out, whole, text.substr(at));
  return make_string(meter, out.take_marked());
}

namespace {

bool ends_line(uint32_t cp) {
  return (cp >= 0x0A && cp <= 0x0D) || (cp >= 0x1C && cp <= 0x1E) || cp == 0x85 || cp == 0x2028 ||
         cp == 0x2029;
}

void push(Meter& meter, std::vector<std::string_view>& parts, std::string_view part) {
  meter.check_items(parts.size() + 1);
  parts.push_back(part);
}

std::vector<std::string_view> split_on(Meter& meter, std::string_view text, std::string_view separator,
                                       int64_t most) {
  std::vector<std::string_view> parts;
  size_t at = 0;
  for (size_t hit; most != 0 && (hit = find_text(text, separator, at)) != text.npos; --most) {
    push(meter, parts, text.substr(at, hit - at));
    at = hit + separator.size();
  }
  push(meter, parts, text.substr(at));
  return parts;
}

std::vector<std::string_view> split_on_from_right(Meter& meter, std::string_view text,
                                                  std::string_view separator, int64_t most) {
  std::vector<std::string_view> parts;
  size_t end = text.size();
  for (; most != 0 && end >= separator.size(); --most) {
    size_t hit = text.rfind(separator, end - separator.size());
    if (hit == text.npos) break;
    meter.step_bytes(end - hit);
    push(meter, parts, text.substr(hit + separator.size(), end - hit - separator.size()));
    end = hit;
  }
  push(meter, parts, text.substr(0, end));
  std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<std::string_view> split_on_space(Meter& meter, std::string_view text, int64_t most) {
  std::vector<std::string_view> parts;
  std::string_view rest = strip_space(text, true, false);
  while (!rest.empty()) {
    if (most-- == 0) {
      push(meter, parts, rest);
      break;
    }
    size_t at = 0;
    while (at < rest.size() && !is_space(code_point(rest, at))) at += code_point_size(rest, at);
    push(meter, parts, rest.substr(0, at));
    rest = strip_space(rest.substr(at), true, false);
  }
  return parts;
}

/// All words, of which the first ones are joined again (as they stood) until `most` cuts are left.
std::vector<std::string_view> split_on_space_from_right(Meter& meter, std::string_view text, int64_t most) {
  auto parts = split_on_space(meter, text, -1);
  if (most < 0 || parts.size() <= static_cast<size_t>(most) + 1) return parts;
  size_t joined = parts.size() - static_cast<size_t>(most);
  const char* begin = parts[0].data();
  const char* end = parts[joined - 1].data() + parts[joined - 1].size();
  std::string_view head =
      strip_space(std::string_view(text.data(), static_cast<size_t>(end - text.data())), false, true);
  head.remove_prefix(static_cast<size_t>(begin - text.data()));
  parts.erase(parts.begin(), parts.begin() + static_cast<ptrdiff_t>(joined));
  parts.insert(parts.begin(),
               std::string_view(text.data(), static_cast<size_t>(begin - text.data()) + head.size()));
  return parts;
}

}  // namespace

std::vector<std::string_view> split_lines(Meter& meter, std::string_view text, bool keep_ends) {
  meter.step_bytes(text.size());
  std::vector<std::string_view> lines;
  size_t start = 0;
  for (size_t at = 0; at < text.size();) {
    uint32_t cp = code_point(text, at);
    size_t end = at;
    at += code_point_size(text, at);
    if (!ends_line(cp)) continue;
    if (cp == '\r' && at < text.size() && text[at] == '\n') ++at;
    push(meter, lines, text.substr(start, (keep_ends ? at : end) - start));
    start = at;
  }
  if (start < text.size()) push(meter, lines, text.substr(start));
  return lines;
}

std::vector<std::string_view> split_text(Meter& meter, std::string_view text, std::string_view separator,
                                         int64_t most, bool from_right) {
  meter.step_bytes(text.size());
  if (separator.empty())
    return from_right ? split_on_space_from_right(meter, text, most) : split_on_space(meter, text, most);
  return from_right ? split_on_from_right(meter, text, separator, most)
                    : split_on(meter, text, separator, most);
}

}  // namespace retort::jinja
