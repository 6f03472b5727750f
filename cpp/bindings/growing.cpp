#include "tables/growing.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>

#include <optional>
#include <stdexcept>
#include <utility>

namespace nb = nanobind;
using namespace nb::literals;

namespace umapkit {

namespace {

template <class T, int N>
using In = nb::ndarray<const T, nb::ndim<N>, nb::c_contig, nb::device::cpu>;
template <class T, int N>
using Out = nb::ndarray<T, nb::ndim<N>, nb::c_contig, nb::device::cpu>;
using Free = nb::call_guard<nb::gil_scoped_release>;

void require(bool ok, const char* what) {
  if (!ok) throw std::invalid_argument(what);
}

// The arrays of a table's cells, checked once; they are the caller's, and change in place.
struct HeldCells {
  In<float, 2> narrow;
  std::optional<In<float, 1>> heights;
  Out<std::int32_t, 1> where;
  Out<float, 4> panels;
  Out<float, 2> tall, limits;
  Out<std::int32_t, 2> members;
  Out<std::int32_t, 1> counts;
  Out<float, 2> hubs;
  Out<std::int64_t, 1> n_cells;
  std::optional<In<float, 2>> fine;
  std::optional<In<float, 1>> fine_heights;
  float fine_slack;

  void check() const {
    const std::size_t n = narrow.shape(0), p = narrow.shape(1), most = counts.shape(0);
    require(where.shape(0) == n && (!heights || heights->shape(0) == n), "capacity does not agree");
    require(panels.shape(0) == most && panels.shape(1) == kCell / 32 && panels.shape(2) == p &&
                panels.shape(3) == 32,
            "panels: (cells, 8, p, 32)");
    for (const std::size_t width : {tall.shape(1), limits.shape(1), members.shape(1)})
      require(width == kCell, "tall, limits, members: (cells, 256)");
    for (const std::size_t cells :
         {tall.shape(0), limits.shape(0), members.shape(0), hubs.shape(0)})
      require(cells == most, "numbers of cells do not agree");
    require(hubs.shape(1) == p && n_cells.shape(0) == 1, "hubs: (cells, p), n_cells: (1,)");
    require(fine.has_value() == fine_heights.has_value() &&
                (!fine || (fine->shape(0) == n && fine_heights->shape(0) == n)),
            "fine: (capacity, q), fine_heights: (capacity,)");
  }

  FineRows fine_rows() const {
    if (!fine) return {nullptr, nullptr, 0, 1.0f};
    return {fine->data(), fine_heights->data(), fine->shape(1), fine_slack};
  }

  Cells view() const {
    return {narrow.data(),   heights ? heights->data() : nullptr,
            where.data(),    panels.data(),
            tall.data(),     limits.data(),
            members.data(),  counts.data(),
            hubs.data(),     n_cells.data(),
            narrow.shape(0), narrow.shape(1),
            counts.shape(0), fine_rows()};
  }
};

SlotLists view(const Out<std::int32_t, 2>& indices, const Out<float, 2>& distances,
               const std::optional<Out<bool, 1>>& changed, std::size_t capacity) {
  require(indices.shape(0) == capacity && distances.shape(0) == capacity &&
              indices.shape(1) == distances.shape(1) && indices.shape(1) >= 2,
          "indices, distances: (capacity, k), k > 1");
  require(!changed || changed->shape(0) == capacity, "changed: (capacity,)");
  static_assert(sizeof(bool) == 1);
  return {indices.data(), distances.data(),
          changed ? reinterpret_cast<std::uint8_t*>(changed->data()) : nullptr, capacity,
          static_cast<int>(indices.shape(1))};
}

void check_slots(const In<std::int32_t, 1>& slots, const Cells& cells, bool placed) {
  for (std::size_t i = 0; i < slots.shape(0); ++i) {
    const std::int32_t slot = slots.data()[i];
    require(slot >= 0 && static_cast<std::size_t>(slot) < cells.capacity, "slots: out of range");
    require(!placed || cells.where[slot] >= 0, "slots: one is in no cell");
  }
}

CellEffort effort_of(int scan, int pool, int hops) {
  require(scan >= 1 && pool >= 16 && pool % 16 == 0 && hops >= 0, "effort is out of range");
  return {scan, pool, hops};
}

void store_rows(In<float, 2> rows, In<std::int32_t, 1> slots, Out<float, 2> table, int n_threads) {
  const std::size_t m = rows.shape(0), d = rows.shape(1);
  require(slots.shape(0) == m && table.shape(1) == d, "rows: (m, d), slots: (m,), table: (n, d)");
  for (std::size_t i = 0; i < m; ++i)
    require(slots.data()[i] >= 0 && static_cast<std::size_t>(slots.data()[i]) < table.shape(0),
            "slots: out of range");
  if (m * d > 0)
    growing_kernels().store_rows(rows.data(), slots.data(), m, d, table.data(), n_threads);
}

void drop_entries(Out<std::int32_t, 2> indices, Out<float, 2> distances, Out<bool, 1> changed,
                  Out<float, 1> urgency, In<bool, 1> gone, int n_threads) {
  const std::size_t n = gone.shape(0);
  require(urgency.shape(0) == n, "urgency, gone: (capacity,)");
  growing_kernels().drop_entries(view(indices, distances, changed, n),
                                 reinterpret_cast<const std::uint8_t*>(gone.data()), urgency.data(),
                                 n_threads);
}

void add_to_cells(int metric, const HeldCells& held, In<std::int32_t, 1> slots, int n_threads) {
  const Cells cells = held.view();
  check_slots(slots, cells, false);
  // Every split leaves two cells with room for a quarter at least.
  const std::size_t m = slots.shape(0), used = static_cast<std::size_t>(*cells.n_cells);
  require(cells.most >= used + 1 + m / (kCell / 4) + (m < used ? m : used), "too few cells");
  growing_kernels().add_to_cells(metric, cells, slots.data(), m, n_threads);
}

void take_from_cells(const HeldCells& held, In<std::int32_t, 1> slots) {
  const Cells cells = held.view();
  check_slots(slots, cells, false);
  growing_kernels().take_from_cells(cells, slots.data(), slots.shape(0));
}

void close_lists(const HeldCells& held, Out<std::int32_t, 2> indices, Out<float, 2> distances,
                 bool root, float scale, float slack, In<std::int32_t, 1> slots, int n_threads) {
  const Cells cells = held.view();
  check_slots(slots, cells, true);
  growing_kernels().close_lists(cells, view(indices, distances, std::nullopt, cells.capacity), root,
                                scale, slack, slots.data(), slots.shape(0), n_threads);
}

std::size_t link_slots(int metric, const HeldCells& held, Out<std::int32_t, 2> indices,
                       Out<float, 2> distances, Out<bool, 1> changed, In<float, 2> rows, bool root,
                       float scale, float slack, int scan, int pool, int hops,
                       In<std::int32_t, 1> slots, int n_threads) {
  const Cells cells = held.view();
  require(rows.shape(0) == cells.capacity, "rows: (capacity, d)");
  check_slots(slots, cells, true);
  return growing_kernels().link_slots(
      metric, cells, view(indices, distances, changed, cells.capacity), rows.data(), rows.shape(1),
      root, scale, slack, effort_of(scan, pool, hops), slots.data(), slots.shape(0), n_threads);
}

std::size_t search_cells(int metric, const HeldCells& held, Out<std::int32_t, 2> indices,
                         Out<float, 2> distances, In<float, 2> rows, bool root, float scale,
                         int scan, int pool, int hops, In<float, 2> queries,
                         In<float, 2> narrow_queries, std::optional<In<float, 1>> query_heights,
                         std::optional<In<float, 2>> fine_queries,
                         std::optional<In<float, 1>> fine_heights, Out<std::int32_t, 2> ids,
                         Out<float, 2> far, int n_threads) {
  const Cells cells = held.view();
  const std::size_t m = queries.shape(0);
  require(rows.shape(0) == cells.capacity && queries.shape(1) == rows.shape(1),
          "rows: (capacity, d), queries: (m, d)");
  require(narrow_queries.shape(0) == m && narrow_queries.shape(1) == cells.p &&
              query_heights.has_value() == held.heights.has_value() &&
              (!query_heights || query_heights->shape(0) == m),
          "narrow_queries: (m, p), query_heights: (m,)");
  require(fine_queries.has_value() == held.fine.has_value() &&
              fine_heights.has_value() == held.fine.has_value() &&
              (!fine_queries ||
               (fine_queries->shape(0) == m && fine_queries->shape(1) == cells.fine.q &&
                fine_heights->shape(0) == m)),
          "fine_queries: (m, q), fine_heights: (m,)");
  const Queries asked{
      queries.data(), narrow_queries.data(), query_heights ? query_heights->data() : nullptr,
      fine_queries ? fine_queries->data() : nullptr, fine_heights ? fine_heights->data() : nullptr};
  require(ids.shape(0) == m && far.shape(0) == m && ids.shape(1) == far.shape(1), "ids: (m, k)");
  return growing_kernels().search_cells(
      metric, cells, view(indices, distances, std::nullopt, cells.capacity), rows.data(),
      rows.shape(1), root, scale, effort_of(scan, pool, hops), asked, m,
      static_cast<int>(ids.shape(1)), ids.data(), far.data(), n_threads);
}

// The arrays of a forest, checked once; they are the caller's, and change in place.
struct HeldForest {
  In<float, 2> rows;
  Out<std::int32_t, 3> children;
  Out<std::int32_t, 2> coordinates;
  Out<float, 2> cuts;
  Out<std::int32_t, 2> depths, leaves, same;
  Out<std::int64_t, 1> sizes;
  Out<std::int64_t, 2> visits;

  void check() const {
    const std::size_t trees = children.shape(0), nodes = children.shape(1), n = rows.shape(0);
    require(children.shape(2) == 2 && trees <= 8, "children: (at most 8 trees, nodes, 2)");
    for (const auto& [first, second] :
         {std::pair{coordinates.shape(0), coordinates.shape(1)},
          std::pair{cuts.shape(0), cuts.shape(1)}, std::pair{depths.shape(0), depths.shape(1)}})
      require(first == trees && second == nodes, "coordinates, cuts, depths: (trees, nodes)");
    require(leaves.shape(0) == trees && same.shape(0) == trees && leaves.shape(1) == n &&
                same.shape(1) == n,
            "leaves, same: (trees, capacity)");
    require(sizes.shape(0) == trees && visits.shape(0) == trees && visits.shape(1) == 2,
            "sizes: (trees,), visits: (trees, 2)");
  }

  KdForest view() const {
    return {rows.data(),
            children.data(),
            coordinates.data(),
            cuts.data(),
            depths.data(),
            leaves.data(),
            same.data(),
            sizes.data(),
            visits.data(),
            rows.shape(0),
            rows.shape(1),
            children.shape(1),
            static_cast<int>(children.shape(0))};
  }
};

void check_in(const In<std::int32_t, 1>& values, std::size_t below, const char* what) {
  for (std::size_t i = 0; i < values.shape(0); ++i)
    require(values.data()[i] >= 0 && static_cast<std::size_t>(values.data()[i]) < below, what);
}

std::size_t build_kd_tree(const HeldForest& held, int tree, std::uint64_t seed,
                          std::uint64_t number, Out<std::int32_t, 1> ids,
                          Out<std::int64_t, 2> tasks, Out<std::int64_t, 1> queue,
                          std::size_t steps) {
  const KdForest forest = held.view();
  require(tree >= 0 && tree < forest.n_trees, "tree: out of range");
  require(tasks.shape(1) == 3 && queue.shape(0) == 2, "tasks: (t, 3), queue: (2,)");
  // A step takes one task and makes two at most, each with a row at least.
  require(tasks.shape(0) >= 2 * ids.shape(0) + 1 && forest.nodes >= 2 * ids.shape(0) + 1,
          "too few tasks or nodes");
  return growing_kernels().build_kd_tree(forest, tree, seed, number, ids.data(), tasks.data(),
                                         queue.data(), steps);
}

void insert_in_trees(const HeldForest& held, In<std::int32_t, 1> trees, In<std::int32_t, 1> slots,
                     int n_threads) {
  const KdForest forest = held.view();
  check_in(trees, static_cast<std::size_t>(forest.n_trees), "trees: out of range");
  check_in(slots, forest.capacity, "slots: out of range");
  for (std::size_t t = 0; t < trees.shape(0); ++t)
    require(static_cast<std::size_t>(forest.sizes[trees.data()[t]]) + 2 * slots.shape(0) + 1 <=
                forest.nodes,
            "too few nodes");
  growing_kernels().insert_in_trees(forest, trees.data(), trees.shape(0), slots.data(),
                                    slots.shape(0), n_threads);
}

void remove_from_trees(const HeldForest& held, In<std::int32_t, 1> slots) {
  const KdForest forest = held.view();
  check_in(slots, forest.capacity, "slots: out of range");
  growing_kernels().remove_from_trees(forest, slots.data(), slots.shape(0));
}

void link_in_trees(int metric, const HeldForest& held, In<std::int32_t, 1> trees,
                   Out<std::int32_t, 2> indices, Out<float, 2> distances, Out<bool, 1> changed,
                   Out<float, 1> urgency, bool root, float scale, int checks,
                   In<std::int32_t, 1> slots, Out<bool, 1> searched, int n_threads) {
  const KdForest forest = held.view();
  check_in(trees, static_cast<std::size_t>(forest.n_trees), "trees: out of range");
  check_in(slots, forest.capacity, "slots: out of range");
  require(urgency.shape(0) == forest.capacity && searched.shape(0) == slots.shape(0),
          "urgency: (capacity,), searched: (m,)");
  growing_kernels().link_in_trees(metric, forest, trees.data(), trees.shape(0),
                                  view(indices, distances, changed, forest.capacity),
                                  urgency.data(), root, scale, checks, slots.data(), slots.shape(0),
                                  reinterpret_cast<std::uint8_t*>(searched.data()), n_threads);
}

void search_trees(int metric, const HeldForest& held, In<std::int32_t, 1> trees, bool root,
                  float scale, int checks, In<float, 2> queries, Out<std::int32_t, 2> ids,
                  Out<float, 2> far, int n_threads) {
  const KdForest forest = held.view();
  const std::size_t m = queries.shape(0);
  check_in(trees, static_cast<std::size_t>(forest.n_trees), "trees: out of range");
  require(queries.shape(1) == forest.d && ids.shape(0) == m && far.shape(0) == m &&
              ids.shape(1) == far.shape(1),
          "queries: (m, d), ids, far: (m, k)");
  growing_kernels().search_trees(metric, forest, trees.data(), trees.shape(0), root, scale, checks,
                                 queries.data(), m, static_cast<int>(ids.shape(1)), ids.data(),
                                 far.data(), n_threads);
}

}  // namespace

void bind_growing(nb::module_& m) {
  m.def("drop_entries", &drop_entries, "indices"_a.noconvert(), "distances"_a.noconvert(),
        "changed"_a.noconvert(), "urgency"_a.noconvert(), "gone"_a.noconvert(), "n_threads"_a,
        Free());
  nb::class_<HeldForest>(m, "KdForest")
      .def(
          "__init__",
          [](HeldForest* self, In<float, 2> rows, Out<std::int32_t, 3> children,
             Out<std::int32_t, 2> coordinates, Out<float, 2> cuts, Out<std::int32_t, 2> depths,
             Out<std::int32_t, 2> leaves, Out<std::int32_t, 2> same, Out<std::int64_t, 1> sizes,
             Out<std::int64_t, 2> visits) {
            const HeldForest held{rows,   children, coordinates, cuts,  depths,
                                  leaves, same,     sizes,       visits};
            held.check();
            new (self) HeldForest(held);
          },
          "rows"_a.noconvert(), "children"_a.noconvert(), "coordinates"_a.noconvert(),
          "cuts"_a.noconvert(), "depths"_a.noconvert(), "leaves"_a.noconvert(),
          "same"_a.noconvert(), "sizes"_a.noconvert(), "visits"_a.noconvert());
  m.def("build_kd_tree", &build_kd_tree, "forest"_a, "tree"_a, "seed"_a, "number"_a,
        "ids"_a.noconvert(), "tasks"_a.noconvert(), "queue"_a.noconvert(), "steps"_a, Free());
  m.def("insert_in_trees", &insert_in_trees, "forest"_a, "trees"_a.noconvert(),
        "slots"_a.noconvert(), "n_threads"_a, Free());
  m.def("remove_from_trees", &remove_from_trees, "forest"_a, "slots"_a.noconvert(), Free());
  m.def("link_in_trees", &link_in_trees, "metric"_a, "forest"_a, "trees"_a.noconvert(),
        "indices"_a.noconvert(), "distances"_a.noconvert(), "changed"_a.noconvert(),
        "urgency"_a.noconvert(), "root"_a, "scale"_a, "checks"_a, "slots"_a.noconvert(),
        "searched"_a.noconvert(), "n_threads"_a, Free());
  m.def("search_trees", &search_trees, "metric"_a, "forest"_a, "trees"_a.noconvert(), "root"_a,
        "scale"_a, "checks"_a, "queries"_a.noconvert(), "ids"_a.noconvert(), "far"_a.noconvert(),
        "n_threads"_a, Free());
  nb::class_<HeldCells>(m, "Cells")
      .def(
          "__init__",
          [](HeldCells* self, In<float, 2> narrow, std::optional<In<float, 1>> heights,
             Out<std::int32_t, 1> where, Out<float, 4> panels, Out<float, 2> tall,
             Out<float, 2> limits, Out<std::int32_t, 2> members, Out<std::int32_t, 1> counts,
             Out<float, 2> hubs, Out<std::int64_t, 1> n_cells, std::optional<In<float, 2>> fine,
             std::optional<In<float, 1>> fine_heights, float fine_slack) {
            const HeldCells held{narrow, heights, where,   panels, tall,         limits,    members,
                                 counts, hubs,    n_cells, fine,   fine_heights, fine_slack};
            held.check();
            new (self) HeldCells(held);
          },
          "narrow"_a.noconvert(), "heights"_a.noconvert().none(), "where"_a.noconvert(),
          "panels"_a.noconvert(), "tall"_a.noconvert(), "limits"_a.noconvert(),
          "members"_a.noconvert(), "counts"_a.noconvert(), "hubs"_a.noconvert(),
          "n_cells"_a.noconvert(), "fine"_a.noconvert().none(), "fine_heights"_a.noconvert().none(),
          "fine_slack"_a);
  m.def("store_rows", &store_rows, "rows"_a.noconvert(), "slots"_a.noconvert(),
        "table"_a.noconvert(), "n_threads"_a, Free());
  m.def("add_to_cells", &add_to_cells, "metric"_a, "cells"_a, "slots"_a.noconvert(), "n_threads"_a,
        Free());
  m.def("take_from_cells", &take_from_cells, "cells"_a, "slots"_a.noconvert(), Free());
  m.def("close_lists", &close_lists, "cells"_a, "indices"_a.noconvert(), "distances"_a.noconvert(),
        "root"_a, "scale"_a, "slack"_a, "slots"_a.noconvert(), "n_threads"_a, Free());
  m.def("link_slots", &link_slots, "metric"_a, "cells"_a, "indices"_a.noconvert(),
        "distances"_a.noconvert(), "changed"_a.noconvert(), "rows"_a.noconvert(), "root"_a,
        "scale"_a, "slack"_a, "scan"_a, "pool"_a, "hops"_a, "slots"_a.noconvert(), "n_threads"_a,
        Free());
  m.def("search_cells", &search_cells, "metric"_a, "cells"_a, "indices"_a.noconvert(),
        "distances"_a.noconvert(), "rows"_a.noconvert(), "root"_a, "scale"_a, "scan"_a, "pool"_a,
        "hops"_a, "queries"_a.noconvert(), "narrow_queries"_a.noconvert(),
        "query_heights"_a.noconvert().none(), "fine_queries"_a.noconvert().none(),
        "fine_heights"_a.noconvert().none(), "ids"_a.noconvert(), "far"_a.noconvert(),
        "n_threads"_a, Free());
}

}  // namespace umapkit
