// SPDX-License-Identifier: Apache-2.0
// Reads columns with ROOT's RDataFrame, every value handed to compiled code of its own type, as a
// physicist's typed actions are; nothing is interpreted per column. Work on it is the least that
// needs it: numbers are added up, of lists the sizes are. With `exact`, all numbers are added.
// bench/rdataframe.py lets ROOT compile this with the machine's compiler, optimised.
#include <ROOT/RDataFrame.hxx>
#include <ROOT/RDFHelpers.hxx>
#include <TROOT.h>

#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#ifdef __ROOTCLING__
#pragma link C++ class std::vector<std::vector<int>> + ;
#pragma link C++ class std::vector<std::vector<float>> + ;
#pragma link C++ class std::vector<std::vector<unsigned>> + ;
#pragma link C++ class std::vector<std::vector<unsigned long>> + ;
#pragma link C++ class std::vector<std::vector<ULong64_t>> + ;
#endif

struct Tally {
    double n = 0;
    double sum = 0;
};

namespace {

// The value of a column, or an item of its lists.
template <typename T>
void add(const T &value, bool exact, Tally &tally) {
    if constexpr (std::is_arithmetic_v<T>) {
        tally.n += 1;
        tally.sum += static_cast<double>(value);
    } else if (exact) {
        for (const auto &item : value)
            add(item, exact, tally);
    } else {
        tally.n += static_cast<double>(value.size());
    }
}

// One action of one column; each thread ("slot") has a cache line of its own.
template <typename T>
class Reading : public ROOT::Detail::RDF::RActionImpl<Reading<T>> {
public:
    using Result_t = Tally;
    Reading(bool exact, unsigned n_slots) : exact_(exact), slots_(n_slots) {}
    Reading(Reading &&) = default;
    std::shared_ptr<Tally> GetResultPtr() const { return result_; }
    void Initialize() {}
    void InitTask(TTreeReader *, unsigned) {}
    void Exec(unsigned slot, const T &value) { add(value, exact_, slots_[slot].tally); }
    void Finalize() {
        for (const Slot &slot : slots_) {
            result_->n += slot.tally.n;
            result_->sum += slot.tally.sum;
        }
    }
    std::string GetActionName() const { return "Reading"; }

private:
    struct alignas(64) Slot {
        Tally tally;
    };
    bool exact_;
    std::vector<Slot> slots_;
    std::shared_ptr<Tally> result_ = std::make_shared<Tally>();
};

using Results = std::map<std::string, ROOT::RDF::RResultPtr<Tally>>;
using Book = void (*)(ROOT::RDF::RNode, const std::string &, bool, Results &);

template <typename T>
void book(ROOT::RDF::RNode frame, const std::string &column, bool exact, Results &results) {
    results.emplace(column, frame.Book<T>(Reading<T>(exact, frame.GetNSlots()), {column}));
}

template <typename T>
void know(std::map<std::string, Book> &known, const std::string &name) {
    known[name] = book<T>;
    known["ROOT::VecOps::RVec<" + name + ">"] = book<ROOT::RVec<T>>;
}

// vector<T> and vector<vector<T>>
template <typename T>
void know_nested(std::map<std::string, Book> &known, const std::string &name) {
    known["ROOT::VecOps::RVec<" + name + ">"] = book<ROOT::RVec<T>>;
    known["ROOT::VecOps::RVec<vector<" + name + ">>"] = book<ROOT::RVec<std::vector<T>>>;
}

// By the names that RDataFrame gives to types of columns.
std::map<std::string, Book> known_types() {
    std::map<std::string, Book> known;
    know<Bool_t>(known, "Bool_t");
    know<Char_t>(known, "Char_t");
    know<UChar_t>(known, "UChar_t");
    know<Short_t>(known, "Short_t");
    know<UShort_t>(known, "UShort_t");
    know<Int_t>(known, "Int_t");
    know<UInt_t>(known, "UInt_t");
    know<Long64_t>(known, "Long64_t");
    know<ULong64_t>(known, "ULong64_t");
    know<Float_t>(known, "Float_t");
    know<Double_t>(known, "Double_t");
    know_nested<int>(known, "int");
    know_nested<unsigned>(known, "unsigned int");
    know_nested<unsigned long>(known, "unsigned long");
    know_nested<ULong64_t>(known, "ULong64_t");
    know_nested<float>(known, "float");
    known["ROOT::VecOps::RVec<unsigned char>"] = book<ROOT::RVec<unsigned char>>;
    known["ROOT::VecOps::RVec<bool>"] = book<ROOT::RVec<bool>>;
    return known;
}

// ROOT writes both `> >` and `>>`.
std::string without_blanks(std::string name) {
    for (size_t at; (at = name.find("> >")) != std::string::npos;)
        name.erase(at + 1, 1);
    return name;
}

} // namespace

// One pass over all columns, from opening the file on.
std::map<std::string, Tally> read_all(const char *tree, const char *path, bool exact) {
    const auto known = known_types();
    ROOT::RDataFrame frame(tree, path);
    Results results;
    for (const std::string &column : frame.GetColumnNames()) {
        const auto found = known.find(without_blanks(frame.GetColumnType(column)));
        if (found == known.end())
            throw std::runtime_error(column + " is a " + frame.GetColumnType(column));
        found->second(frame, column, exact, results);
    }
    std::map<std::string, Tally> tallies;
    for (auto &[column, result] : results)
        tallies[column] = *result;
    return tallies;
}
