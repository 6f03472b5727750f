#include "tables/neighbors.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>

#include <optional>
#include <stdexcept>

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

template <class A>
auto data_or_null(const std::optional<A>& a) {
  return a ? a->data() : nullptr;
}

void direct_rows(In<float, 2> rows, bool centre, Out<float, 2> out, int n_threads) {
  require(out.shape(0) == rows.shape(0) && out.shape(1) == rows.shape(1) + 1, "out: (n, d + 1)");
  neighbors_kernels().direct_rows(rows.data(), rows.shape(0), rows.shape(1), centre, out.data(),
                                  n_threads);
}

void row_squares(In<float, 2> rows, Out<float, 1> out, int n_threads) {
  require(out.shape(0) == rows.shape(0), "out: (n,)");
  neighbors_kernels().row_squares(rows.data(), rows.shape(0), rows.shape(1), out.data(), n_threads);
}

void nearest(int metric, In<float, 2> queries, In<float, 2> table,
             std::optional<In<std::int32_t, 1>> self, bool root, float scale,
             std::optional<In<float, 1>> offsets, std::optional<In<float, 1>> query_heights,
             std::optional<In<float, 1>> table_heights, Out<std::int32_t, 2> ids,
             Out<float, 2> distances, int n_threads) {
  const std::size_t m = queries.shape(0), n = table.shape(0), d = table.shape(1);
  require(queries.shape(1) == d, "queries: (m, d)");
  require(ids.shape(0) == m && distances.shape(0) == m && ids.shape(1) == distances.shape(1),
          "ids, distances: (m, k)");
  require(!self || self->shape(0) == m, "self: (m,)");
  require(!offsets || offsets->shape(0) == m, "offsets: (m,)");
  require(query_heights.has_value() == table_heights.has_value(), "heights: both or none");
  require(!query_heights || (query_heights->shape(0) == m && table_heights->shape(0) == n),
          "heights: (m,), (n,)");
  neighbors_kernels().nearest(metric, queries.data(), m, table.data(), n, d, data_or_null(self),
                              static_cast<int>(ids.shape(1)), root, scale, data_or_null(offsets),
                              data_or_null(query_heights), data_or_null(table_heights), ids.data(),
                              distances.data(), n_threads);
}

std::size_t nearest_bounded(In<float, 2> queries, In<float, 2> query_bounds,
                            In<float, 1> query_squares, In<float, 2> table,
                            In<float, 2> table_bounds, In<float, 1> table_squares,
                            std::optional<In<std::int32_t, 1>> self, bool root, float scale,
                            Out<std::int32_t, 2> ids, Out<float, 2> distances, int n_threads) {
  const std::size_t m = queries.shape(0), n = table.shape(0), d = table.shape(1);
  const std::size_t p = table_bounds.shape(1);
  require(queries.shape(1) == d, "queries: (m, d)");
  require(query_bounds.shape(0) == m && query_bounds.shape(1) == p && query_squares.shape(0) == m,
          "query_bounds: (m, p), query_squares: (m,)");
  require(table_bounds.shape(0) == n && table_squares.shape(0) == n,
          "table_bounds: (n, p), table_squares: (n,)");
  require(ids.shape(0) == m && distances.shape(0) == m && ids.shape(1) == distances.shape(1),
          "ids, distances: (m, k)");
  require(!self || self->shape(0) == m, "self: (m,)");
  return neighbors_kernels().nearest_bounded(
      queries.data(), query_bounds.data(), query_squares.data(), m, table.data(),
      table_bounds.data(), table_squares.data(), n, d, p, data_or_null(self),
      static_cast<int>(ids.shape(1)), root, scale, ids.data(), distances.data(), n_threads);
}

void principal_axes(In<float, 2> sample, int iterations, Out<float, 2> axes, Out<float, 1> values,
                    int n_threads) {
  require(axes.shape(0) == sample.shape(1) && axes.shape(1) % 16 == 0, "axes: (d, 16 j)");
  require(values.shape(0) == axes.shape(1), "values: (p,)");
  neighbors_kernels().principal_axes(sample.data(), sample.shape(0), sample.shape(1), axes.shape(1),
                                     iterations, axes.data(), values.data(), n_threads);
}

void project(In<float, 2> rows, In<float, 1> mean, In<float, 2> axes, Out<float, 2> out,
             Out<float, 1> squares, int n_threads) {
  const std::size_t n = rows.shape(0), d = rows.shape(1), p = axes.shape(1);
  require(mean.shape(0) == d && axes.shape(0) == d && p % 16 == 0, "mean: (d,), axes: (d, 16 j)");
  require(out.shape(0) == n && out.shape(1) == p && squares.shape(0) == n, "out: (n, p)");
  neighbors_kernels().project(rows.data(), n, d, mean.data(), axes.data(), p, out.data(),
                              squares.data(), n_threads);
}

void narrow(In<float, 2> projected, In<float, 1> squares, std::optional<In<std::int32_t, 1>> order,
            bool products, Out<float, 2> out, Out<float, 1> heights, int n_threads) {
  const std::size_t n = projected.shape(0), p = projected.shape(1);
  require(squares.shape(0) == n && out.shape(0) == n && heights.shape(0) == n, "n rows each");
  require(out.shape(1) >= 1 && out.shape(1) <= p + 1, "out: (n, at most p + 1)");
  require(!order || order->shape(0) == n, "order: (n,)");
  neighbors_kernels().narrow(projected.data(), squares.data(), n, p, data_or_null(order),
                             out.shape(1), products, out.data(), heights.data(), n_threads);
}

void build_trees(In<float, 2> rows, std::uint64_t seed, int first_tree, int depth,
                 Out<std::int32_t, 2> members, Out<float, 3> directions, Out<float, 2> limits,
                 int n_threads) {
  const std::size_t n = rows.shape(0), inner = (std::size_t{1} << depth) - 1;
  require(members.shape(1) == n && directions.shape(0) == members.shape(0) &&
              limits.shape(0) == members.shape(0) && directions.shape(1) == inner &&
              limits.shape(1) == inner && directions.shape(2) == rows.shape(1),
          "members: (t, n), directions: (t, inner, p), limits: (t, inner)");
  require((n >> depth) >= 2 || depth == 0, "depth: at least 2 rows a leaf");
  neighbors_kernels().build_trees(rows.data(), n, rows.shape(1), seed, first_tree,
                                  static_cast<int>(members.shape(0)), depth, members.data(),
                                  directions.data(), limits.data(), n_threads);
}

int descend(int metric, In<float, 2> rows, std::optional<In<float, 1>> heights,
            In<std::int32_t, 2> members, int depth, int reach, int first, int rounds,
            std::size_t enough, std::uint64_t seed, Out<float, 2> keys, Out<std::uint32_t, 2> ids,
            int n_threads) {
  const std::size_t n = rows.shape(0);
  require(members.shape(1) == n && keys.shape(0) == n && ids.shape(0) == n &&
              keys.shape(1) == ids.shape(1),
          "n rows each");
  require(!heights || heights->shape(0) == n, "heights: (n,)");
  require(depth >= 0 && ((n >> depth) >= 1 || n == 0), "depth: at least a row a leaf");
  require(keys.shape(1) >= 1 && reach >= 1 && first >= 0, "lists, reach and first");
  return neighbors_kernels().descend(metric, rows.data(), data_or_null(heights), n, rows.shape(1),
                                     members.data(), static_cast<int>(members.shape(0)), depth,
                                     static_cast<int>(keys.shape(1)), reach, first, rounds, enough,
                                     seed, keys.data(), ids.data(), n_threads);
}

void rerank(int metric, In<float, 2> table, In<std::int32_t, 1> order, In<std::uint32_t, 2> lists,
            bool root, float scale, Out<std::int32_t, 2> ids, Out<float, 2> distances,
            int n_threads) {
  const std::size_t n = table.shape(0);
  require(order.shape(0) == n && lists.shape(0) == n && ids.shape(0) == n &&
              distances.shape(0) == n && ids.shape(1) == distances.shape(1),
          "n rows each");
  neighbors_kernels().rerank(metric, table.data(), n, table.shape(1), order.data(), lists.data(),
                             static_cast<int>(lists.shape(1)), static_cast<int>(ids.shape(1)), root,
                             scale, ids.data(), distances.data(), n_threads);
}

void explore(int metric, In<float, 2> table, In<std::int32_t, 2> lists, bool root, float scale,
             Out<std::int32_t, 2> ids, Out<float, 2> distances, int n_threads) {
  const std::size_t n = table.shape(0);
  require(lists.shape(0) == n && ids.shape(0) == n && distances.shape(0) == n &&
              ids.shape(1) == distances.shape(1),
          "n rows each");
  const auto most = static_cast<std::int32_t>(n);
  for (std::size_t e = 0; e < n * lists.shape(1); ++e)
    require(lists.data()[e] < most, "a neighbour is no row");
  neighbors_kernels().explore(metric, table.data(), n, table.shape(1), lists.data(), lists.shape(1),
                              static_cast<int>(ids.shape(1)), root, scale, ids.data(),
                              distances.data(), n_threads);
}

void search(int metric, int narrow_metric, In<float, 2> queries, In<float, 2> narrow_queries,
            std::optional<In<float, 1>> query_heights, In<float, 2> table, In<float, 2> narrow_rows,
            std::optional<In<float, 1>> heights, In<std::int32_t, 2> members,
            In<float, 3> directions, In<float, 2> limits, int depth, In<std::int32_t, 1> order,
            In<std::uint32_t, 2> graph, int effort, bool root, float scale,
            Out<std::int32_t, 2> ids, Out<float, 2> distances, int n_threads) {
  const std::size_t m = queries.shape(0), n = table.shape(0), p = narrow_rows.shape(1);
  const std::size_t inner = (std::size_t{1} << depth) - 1, trees = members.shape(0);
  require(queries.shape(1) == table.shape(1) && narrow_queries.shape(0) == m &&
              narrow_queries.shape(1) == p && narrow_rows.shape(0) == n && order.shape(0) == n &&
              graph.shape(0) == n && members.shape(1) == n && ids.shape(0) == m &&
              distances.shape(0) == m && ids.shape(1) == distances.shape(1),
          "shapes do not agree");
  require(directions.shape(0) == trees && limits.shape(0) == trees &&
              directions.shape(1) == inner && limits.shape(1) == inner && directions.shape(2) == p,
          "trees do not agree");
  require(query_heights.has_value() == heights.has_value() &&
              (!heights || (heights->shape(0) == n && query_heights->shape(0) == m)),
          "heights: both or none");
  require(effort >= 1, "effort: at least 1");
  neighbors_kernels().search(
      metric, narrow_metric, queries.data(), narrow_queries.data(), data_or_null(query_heights), m,
      table.data(), n, table.shape(1), narrow_rows.data(), data_or_null(heights), p, members.data(),
      directions.data(), limits.data(), static_cast<int>(trees), depth, order.data(), graph.data(),
      static_cast<int>(graph.shape(1)), effort, static_cast<int>(ids.shape(1)), root, scale,
      ids.data(), distances.data(), n_threads);
}

int tree_depth(std::size_t n, std::size_t leaf_size) {
  return neighbors_kernels().tree_depth(n, leaf_size);
}

}  // namespace

void bind_neighbors(nb::module_& m) {
  m.def("direct_rows", &direct_rows, "rows"_a.noconvert(), "centre"_a, "out"_a.noconvert(),
        "n_threads"_a, Free());
  m.def("row_squares", &row_squares, "rows"_a.noconvert(), "out"_a.noconvert(), "n_threads"_a,
        Free());
  m.def("nearest", &nearest, "metric"_a, "queries"_a.noconvert(), "table"_a.noconvert(),
        "self_rows"_a.noconvert().none(), "root"_a, "scale"_a, "offsets"_a.noconvert().none(),
        "query_heights"_a.noconvert().none(), "table_heights"_a.noconvert().none(),
        "ids"_a.noconvert(), "distances"_a.noconvert(), "n_threads"_a, Free());
  m.def("nearest_bounded", &nearest_bounded, "queries"_a.noconvert(), "query_bounds"_a.noconvert(),
        "query_squares"_a.noconvert(), "table"_a.noconvert(), "table_bounds"_a.noconvert(),
        "table_squares"_a.noconvert(), "self_rows"_a.noconvert().none(), "root"_a, "scale"_a,
        "ids"_a.noconvert(), "distances"_a.noconvert(), "n_threads"_a, Free());
  m.def("principal_axes", &principal_axes, "sample"_a.noconvert(), "iterations"_a,
        "axes"_a.noconvert(), "values"_a.noconvert(), "n_threads"_a, Free());
  m.def("project", &project, "rows"_a.noconvert(), "mean"_a.noconvert(), "axes"_a.noconvert(),
        "out"_a.noconvert(), "squares"_a.noconvert(), "n_threads"_a, Free());
  m.def("narrow", &narrow, "projected"_a.noconvert(), "squares"_a.noconvert(),
        "order"_a.noconvert().none(), "products"_a, "out"_a.noconvert(), "heights"_a.noconvert(),
        "n_threads"_a, Free());
  m.def("build_trees", &build_trees, "rows"_a.noconvert(), "seed"_a, "first_tree"_a, "depth"_a,
        "members"_a.noconvert(), "directions"_a.noconvert(), "limits"_a.noconvert(), "n_threads"_a,
        Free());
  m.def("descend", &descend, "metric"_a, "rows"_a.noconvert(), "heights"_a.noconvert().none(),
        "members"_a.noconvert(), "depth"_a, "reach"_a, "first"_a, "rounds"_a, "enough"_a, "seed"_a,
        "keys"_a.noconvert(), "ids"_a.noconvert(), "n_threads"_a, Free());
  m.def("rerank", &rerank, "metric"_a, "table"_a.noconvert(), "order"_a.noconvert(),
        "lists"_a.noconvert(), "root"_a, "scale"_a, "ids"_a.noconvert(), "distances"_a.noconvert(),
        "n_threads"_a, Free());
  m.def("explore", &explore, "metric"_a, "table"_a.noconvert(), "lists"_a.noconvert(), "root"_a,
        "scale"_a, "ids"_a.noconvert(), "distances"_a.noconvert(), "n_threads"_a, Free());
  m.def("search", &search, "metric"_a, "narrow_metric"_a, "queries"_a.noconvert(),
        "narrow_queries"_a.noconvert(), "query_heights"_a.noconvert().none(), "table"_a.noconvert(),
        "narrow_rows"_a.noconvert(), "heights"_a.noconvert().none(), "members"_a.noconvert(),
        "directions"_a.noconvert(), "limits"_a.noconvert(), "depth"_a, "order"_a.noconvert(),
        "graph"_a.noconvert(), "effort"_a, "root"_a, "scale"_a, "ids"_a.noconvert(),
        "distances"_a.noconvert(), "n_threads"_a, Free());
  m.def("tree_depth", &tree_depth, "n"_a, "leaf_size"_a);
}

}  // namespace umapkit
