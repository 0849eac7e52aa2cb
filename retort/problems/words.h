// Words that several families put into their texts. What a word is never matters to a problem's canonical
// form, except where the word itself is the answer.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace retort::problems {

inline constexpr std::array<std::string_view, 20> kPeople = {"Ann", "Bob", "Cid", "Dan", "Eva", "Fay", "Gus",
                                                             "Hal", "Ida", "Jon", "Kim", "Leo", "Mia", "Ned",
                                                             "Ola", "Pam", "Rex", "Sue", "Tom", "Una"};

inline constexpr std::array<std::string_view, 12> kColours = {
    "red", "blue", "green", "black", "white", "grey", "pink", "brown", "gold", "silver", "yellow", "orange"};

inline constexpr std::array<std::string_view, 14> kThings = {
    "cup", "box", "bag", "hat", "key", "pen", "bowl", "coat", "lamp", "ball", "book", "sock", "vase", "flag"};

inline constexpr std::array<std::string_view, 16> kRooms = {
    "attic",  "barn",  "cellar", "garage", "garden", "hall",  "kitchen", "library",
    "office", "porch", "shed",   "stable", "studio", "tower", "vault",   "yard"};

inline constexpr std::array<std::string_view, 16> kCities = {
    "Rome",   "Oslo",  "Cairo", "Lima",  "Paris",  "Delhi", "Kyoto", "Accra",
    "Berlin", "Quito", "Sofia", "Tunis", "Vienna", "Dakar", "Perth", "Boston"};

// Names of variables in formulas, a set for each problem.
inline constexpr std::array<std::string_view, 3> kVariables = {"pqrst", "abcde", "xyzuv"};

// All begin with a consonant, for "a".
inline constexpr std::array<std::string_view, 20> kSyllables = {
    "zib", "lom", "tak", "dax", "wug", "fep", "gop", "mib", "nal", "pim",
    "rup", "sul", "tob", "vek", "yad", "ket", "bof", "cag", "hud", "jat"};
inline constexpr std::array<std::string_view, 20> kDevices = {
    "lamp",  "fan",  "bell", "pump",  "radio", "heater", "motor",  "siren",   "screen", "valve",
    "light", "belt", "horn", "clock", "drill", "mixer",  "camera", "printer", "router", "oven"};

inline std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string text;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += between;
    text += parts[i];
  }
  return text;
}

/// The first letter made a capital one.
inline std::string capitalised(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

}  // namespace retort::problems
