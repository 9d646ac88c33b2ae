//! Reads points from files as programs write them, and from damaged and random files.

use flowsketch_files::points::{Fault, MOST_POINTS, Points, is_points, read};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/points");
    fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The points that all fixtures hold, exactly and rounded to three decimals.
fn truth() -> [Vec<[f64; 2]>; 2] {
    let file = fixture("points.npy");
    let (values, _) = file[128..].as_chunks::<8>();
    let values: Vec<f64> = values.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect();
    let exact = values.as_chunks::<2>().0.to_vec();
    let rounded = exact.iter().map(|point| point.map(|c| format!("{c:.3}").parse().expect("a number"))).collect();
    [exact, rounded]
}

fn well(bytes: impl AsRef<[u8]>) -> Points {
    read(bytes.as_ref(), "a.csv").unwrap_or_else(|fault| panic!("{fault}"))
}

fn fault(bytes: impl AsRef<[u8]>) -> Fault {
    read(bytes.as_ref(), "a.csv").expect_err("the file should be refused")
}

/// Checks which points are read from `text`, and the sentence about them.
fn check(text: &str, points: &[[f64; 2]], taken: &str) {
    let read = read(text.as_bytes(), "a.csv").unwrap_or_else(|fault| panic!("{text:?}: {fault}"));
    assert_eq!(read.points, points, "{text:?}");
    assert_eq!(read.taken.to_string(), taken, "{text:?}");
}

/// Checks that `text` is refused with `sentence`.
fn refuse(text: &str, sentence: &str) {
    let read = read(text.as_bytes(), "a.csv").map(|points| points.taken.to_string());
    assert_eq!(read.map_err(|fault| fault.to_string()), Err(sentence.into()), "{text:?}");
}

#[test]
fn files_as_people_have_them() {
    let [exact, rounded] = truth();
    for (name, columns) in [
        ("semicolon_decimal_comma.csv", "x and y"),
        ("tabs.tsv", "x and y"),
        ("excel_utf16.txt", "x and y"),
        ("pandas_index.csv", "x and y"),
        ("label.csv", "x and y"),
        ("weight.csv", "x and y, weights weight"),
    ] {
        let read = well(fixture(name));
        assert_eq!(read.points, rounded[..read.points.len()], "{name}");
        assert_eq!(read.taken.to_string(), format!("{} points, columns {columns}.", read.points.len()), "{name}");
        assert_eq!(read.lines, (2..read.points.len() + 2).collect::<Vec<usize>>(), "{name}");
        assert!(read.points.len() > 100, "{name}");
    }
    assert_eq!(well(fixture("weight.csv")).weights.expect("weights")[..4], [1.0, 2.0, 3.0, 1.0]);
    assert_eq!(well(fixture("label.csv")).weights, None);
    for name in ["numpy_savetxt.txt", "points.npy", "fortran.npy"] {
        let read = well(fixture(name));
        assert_eq!(read.points, exact, "{name}");
        assert_eq!(read.taken.to_string(), "120 points, columns 1 and 2.", "{name}");
    }
    let single: Vec<[f64; 2]> = exact.iter().map(|point| point.map(|c| f64::from(c as f32))).collect();
    assert_eq!(well(fixture("big_endian.npy")).points, single);
}

#[test]
fn archives_of_numpy() {
    let [exact, _] = truth();
    for (name, columns) in [("xy.npz", "x and y, weights w"), ("compressed.npz", "1 and 2, weights weights")] {
        let read = well(fixture(name));
        assert_eq!(read.points, exact, "{name}");
        assert_eq!(read.weights.expect("weights")[..4], [1.0, 2.0, 3.0, 1.0], "{name}");
        assert_eq!(read.taken.to_string(), format!("120 points, columns {columns}."));
    }
    let read = well(fixture("labelled.npz"));
    assert_eq!((read.points, read.weights), (exact, None));
    let several = "a.csv has several arrays of two columns: name one of them points.";
    assert_eq!(fault(fixture("many.npz")).to_string(), several);
    let empty = [b"PK\x03\x04", &[0; 40][..], b"PK\x05\x06", &[0; 18]].concat();
    assert_eq!(fault(empty).to_string(), "a.csv is an archive without NumPy's arrays: save a workbook as CSV.");
    let cut = [fixture("many.npz")[..30].to_vec(), b"and so on".to_vec()].concat();
    assert_eq!(fault(cut).to_string(), "a.csv is no complete archive of NumPy's arrays.");
}

#[test]
fn archives_that_claim_too_much() {
    let good = fixture("compressed.npz");
    let entry = good.windows(4).position(|window| window == b"PK\x01\x02").expect("an entry");
    for (claim, expected) in
        [(u32::MAX, "more than 64 MB"), (65_000_000, "more than 64 MB"), (100, "no complete archive")]
    {
        let mut file = good.clone();
        file[entry + 24..entry + 28].copy_from_slice(&claim.to_le_bytes());
        let sentence = fault(file).to_string();
        assert!(sentence.contains(expected), "{claim}: {sentence}");
    }
}

/// A `.npy` file of version 1.
fn npy(header: &str, values: &[u8]) -> Vec<u8> {
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    [&file, header.as_bytes(), values].concat()
}

fn header(kind: &str, shape: &str) -> String {
    format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({shape}), }}")
}

#[test]
fn arrays_of_every_kind_of_number() {
    let floats: Vec<u8> = [1.0f32, -2.0, 3.0, f32::NAN].iter().flat_map(|value| value.to_le_bytes()).collect();
    let read = well(npy(&header("<f4", "2, 2"), &floats));
    assert_eq!(read.points, [[1.0, -2.0]]);
    assert_eq!(read.taken.to_string(), "1 point, columns 1 and 2; 1 row without numbers was left out.");
    for (kind, bytes, point) in [
        ("|i1", &b"\xff\x02"[..], [-1.0, 2.0]),
        ("|u1", b"\xff\x02", [255.0, 2.0]),
        ("<i2", b"\xfe\xff\x01\x00", [-2.0, 1.0]),
        (">u2", b"\xff\xfe\x00\x01", [65534.0, 1.0]),
        (">i4", b"\xff\xff\xff\xfd\x00\x00\x00\x01", [-3.0, 1.0]),
        ("<u8", b"\x01\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0", [1.0, 4_294_967_296.0]),
    ] {
        assert_eq!(well(npy(&header(kind, "1, 2"), bytes)).points, [point], "{kind}");
    }
    // From version 2 on, the length of the header has four bytes.
    let text = header("|u1", "2, 3");
    let mut second = b"\x93NUMPY\x02\x00".to_vec();
    second.extend((text.len() as u32).to_le_bytes());
    let file = [&second, text.as_bytes(), &[1, 2, 3, 4, 5, 6]].concat();
    assert_eq!(well(file).points, [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]);
    assert_eq!(well(npy(&header("<f8", "0, 2"), b"")).points, [[0.0; 2]; 0]);
}

#[test]
fn arrays_that_are_no_points() {
    for (kind, shape, expected) in [
        ("<f8", "1000000000, 2", "ends before its numbers do"),
        ("<f8", "18446744073709551615, 2", "ends before its numbers do"),
        ("<f8", "1, 2", "ends before its numbers do"),
        ("|u1", "2, 3, 1", "no array of two columns"),
        ("|u1", "6,", "no array of two columns"),
        ("|u1", "3, 3", "has 3 columns where points have two; save weights beside them"),
        ("|b1", "4, 2", "holds neither float32, float64 nor integers"),
        ("|O", "4, 2", "holds neither float32, float64 nor integers"),
        ("|u1", "a, 2", "has a header that NumPy does not write"),
    ] {
        let sentence = fault(npy(&header(kind, shape), &[0; 9])).to_string();
        assert!(sentence.starts_with("a.csv ") && sentence.contains(expected), "{kind}, {shape}: {sentence}");
    }
}

#[test]
fn separators_and_headers() {
    let points = [[0.5, 1.0], [2.0, -3.25]];
    for (text, taken) in [
        ("0.5,1\n2,-3.25\n", "columns 1 and 2"),
        ("x, y\r\n0.5, 1\r\n2, -3.25\r\n", "columns x and y"),
        ("0.5;1\n2;-3.25\n", "columns 1 and 2"),
        ("0,5;1\n2;-3,25\n", "columns 1 and 2"),
        ("0.5|1\n2|-3.25\n", "columns 1 and 2"),
        ("  0.5   1\n  2.0\t-3.25", "columns 1 and 2"),
        ("0,5 1\n2 -3,25\n", "columns 1 and 2"),
        ("\"0,5\",\"1\"\n\"2\",\"-3,25\"\n", "columns 1 and 2"),
        ("\"0,5\";\"1\"\n\"2\";\"-3,25\"\n", "columns 1 and 2"),
        ("sep=;\r\nx;y\r\n0,5;1\r\n2;-3,25\r\n", "columns x and y"),
        ("sep=\t\nx\ty\n0.5\t1\n2\t-3.25\n", "columns x and y"),
        ("x;y;\n0,5;1;\n2;-3,25;\n", "columns x and y"),
        ("x;y\n0,5;1;\n2;-3,25;;\n;;\n", "columns x and y"),
        ("My measurement\n0.5,1\n2,-3.25\n", "columns 1 and 2"),
        ("# made today\n\n# x y\n0.5 1\n2 -3.25\n", "columns 1 and 2"),
        ("y,x\n1,0.5\n-3.25,2\n", "columns x and y"),
        ("X , Y\n0.5,1\n2,-3.25\n", "columns X and Y"),
        ("lat,lon\n1,0.5\n-3.25,2\n", "columns lon and lat"),
        ("Easting,Northing\n0.5,1\n2,-3.25\n", "columns Easting and Northing"),
        ("n,umap_1,umap_2\n7,0.5,1\n9,2,-3.25\n", "columns umap_1 and umap_2"),
        ("n,pos x,pos y\n7,0.5,1\n9,2,-3.25\n", "columns pos x and pos y"),
        ("n,x0,x1,x2\n7,0.5,1,3\n9,2,-3.25,3\n", "columns x0 and x1"),
        ("PC1,PC2,PC3,PC10\n0.5,1,3,3\n2,-3.25,3,3\n", "columns PC1 and PC2"),
        ("x (mm),y (mm),z (mm)\n0.5,1,3\n2,-3.25,3\n", "columns x (mm) and y (mm)"),
        ("id,a,b\n4,0.5,1\n2,2,-3.25\n", "columns a and b"),
        ("Unnamed: 0,a,b\n0,0.5,1\n1,2,-3.25\n", "columns a and b"),
        (",0,1\n0,0.5,1\n1,2,-3.25\n", "columns 0 and 1"),
        ("name,a,b\nu,0.5,1\nv,2,-3.25\n", "columns a and b"),
        ("0.5,1,red\n2,-3.25,blue\n", "columns 1 and 2"),
        ("\"x\" \"y\"\n\"a\" 0.5 1\n\"b\" 2 -3.25\n", "columns x and y"),
    ] {
        check(text, &points, &format!("2 points, {taken}."));
    }
    check("0,5,5\n1,6,6\n2,7,8\n", &[[5.0, 5.0], [6.0, 6.0], [7.0, 8.0]], "3 points, columns 2 and 3.");
    check("mass,count\n1,2\n3,4\n", &[[1.0, 2.0], [3.0, 4.0]], "2 points, columns mass and count.");
    let windows = b"gr\xf6\xdfe;x;y\nklein;0,5;1\ngro\xdf;2;-3,25\n";
    assert_eq!(well(windows).points, points);
    assert_eq!(well("\u{feff}x,y\n0.5,1\n2,-3.25").points, points);
}

#[test]
fn thousands_are_grouped_only_where_that_is_certain() {
    let points = [[1234.5, 2.0], [0.5, 1_234_567.0]];
    for text in ["1.234,5;2\n0,5;1.234.567\n", "1,234.5\t2\n0.5\t1,234,567\n", "\"1,234.5\",2\n0.5,\"1,234,567\"\n"] {
        check(text, &points, "2 points, columns 1 and 2.");
    }
    check("1,234;2\n-1,000;3\n", &[[1.234, 2.0], [-1.0, 3.0]], "2 points, columns 1 and 2.");
    let sentence = "has a comma that may stand before decimals or group thousands: write the numbers without groups.";
    refuse("x;y\n1,234;2.345\n", &format!("Line 2 of a.csv {sentence}"));
    refuse("\"1,234\",2\n", &format!("Line 1 of a.csv {sentence}"));
    refuse("1,5;2.5\n", "Line 1 of a.csv is not two numbers x,y.");
}

#[test]
fn a_column_with_decimal_commas_is_no_pair_of_columns() {
    let may_be =
        "may be one number with a decimal comma: separate x and y by a semicolon, or name both in a first row.";
    refuse("length\n1,5\n2,5\n", &format!("Line 2 of a.csv {may_be}"));
    refuse("12,5\n1,05\n", &format!("Line 2 of a.csv {may_be}"));
    refuse("1,5\n-0,5\n", &format!("Line 2 of a.csv {may_be}"));
    refuse("0,37\n0,5\n", &format!("Line 1 of a.csv {may_be}"));
    refuse("\"1,5\"\n", "Line 1 of a.csv is not two numbers x,y.");
    check("12,340\n7,8\n", &[[12.0, 340.0], [7.0, 8.0]], "2 points, columns 1 and 2; commas were read as separators.");
    check("12,-340\n7,8\n", &[[12.0, -340.0], [7.0, 8.0]], "2 points, columns 1 and 2.");
    check("x,y\n1,05\n", &[[1.0, 5.0]], "1 point, columns x and y.");
}

#[test]
fn weights_weigh_and_rows_without_numbers_are_left_out() {
    let text = "x,y,Weight\n1,2,0.5\n,2,1\n3,NaN,1\n4,5,0\n6,7,1e3\n8,9,inf\n-,N/A,null\n";
    let read = well(text);
    assert_eq!(read.points, [[1.0, 2.0], [6.0, 7.0]]);
    assert_eq!(read.weights, Some(vec![0.5, 1000.0]));
    assert_eq!(read.lines, [2, 6]);
    let sentence = "2 points, columns x and y, weights Weight; 4 rows without numbers were left out; \
                    1 row of weight 0 was left out.";
    assert_eq!(read.taken.to_string(), sentence);
    assert_eq!((read.taken.left_out, read.taken.weightless), (4, 1));
    refuse("x,y,w\n1,2,1\n1,2,-1\n", "Line 3 of a.csv has a negative weight.");
    refuse("x,y,w\n1,2,1\n1,2,much\n1,2,1\n", "Line 3 of a.csv has a weight that is no number.");
    refuse("x,y,w\n1,2,1\n1,2,1e999\n", "Line 3 of a.csv has a weight that is no number.");
    let two = "a.csv has more than one column of weights: keep the one that weighs the points.";
    refuse("x,y,w,count\n1,2,1,1\n", two);
    check("nan,nan\n1,2\n", &[[1.0, 2.0]], "1 point, columns 1 and 2; 1 row without numbers was left out.");
}

#[test]
fn what_is_not_certain_is_refused() {
    refuse("x,y\n1,2\n3,oops\n", "Line 3 of a.csv is not two numbers x,y.");
    refuse("1,2\n\n3\n", "Line 3 of a.csv is not two numbers x,y.");
    refuse("1,1\n2,2,2\n", "Line 2 of a.csv is not two numbers x,y.");
    refuse("1\n2\n", "Line 1 of a.csv is not two numbers x,y.");
    refuse("a poem\nof two lines\n", "Line 2 of a.csv is not two numbers x,y.");
    refuse("x,y,l\n1,2,a\n3,4,b,c\n", "Line 3 of a.csv has 4 fields where there are 3 columns.");
    let names = "name two columns x and y in a first row, and one weight if it weighs the points.";
    refuse("1,2,3\n", &format!("Line 1 of a.csv has 3 numbers: {names}"));
    let names = "name two of them x and y, and one weight if it weighs the points.";
    refuse("a,b,c\n1,2,3\n", &format!("a.csv has 3 columns of numbers (a, b, c): {names}"));
    let four = "x1,y1,x2,y2\n1,2,3,4\n";
    refuse(four, &format!("a.csv has 4 columns of numbers (x1, y1, x2, y2): {names}"));
    assert_eq!(fault("x,y\n1,2\n3,oops\n").by_row(), "Row 3: it is not two numbers x,y.");
    assert_eq!(fault("a,b,c\n1,2,3\n").by_row(), fault("a,b,c\n1,2,3\n").to_string());
    for text in ["", "\n\n", "x,y\n", "# nothing\n", "sep=;\n"] {
        assert!(well(text).points.is_empty(), "{text:?}");
    }
}

#[test]
fn of_too_many_points_every_kth_is_used() {
    let rows = |count: usize| (0..count).map(|k| format!("{k},{}.5\n", k % 7)).collect::<String>();
    let all = well(rows(MOST_POINTS));
    assert_eq!((all.points.len(), all.taken.every), (MOST_POINTS, 1));
    let half = well(rows(300_000));
    assert_eq!(half.taken.to_string(), "Every 2nd of 300,000 points, columns 1 and 2.");
    assert_eq!((half.points.len(), half.points[1], half.lines[1]), (150_000, [2.0, 2.5], 3));
    let third = well(rows(400_001));
    assert_eq!((third.points.len(), third.taken.every), (133_334, 3));
}

#[test]
fn files_of_points_are_known_by_ending_or_beginning() {
    for name in ["a.csv", "A.TSV", "b.txt", "c.dat", "d.npy", "e.npz"] {
        assert!(is_points(name, b""), "{name}");
    }
    assert!(is_points("blob", &fixture("points.npy")) && is_points("blob", &fixture("xy.npz")));
    assert!(!is_points("a.png", b"\x89PNG") && !is_points("csv", b""));
}

/// Far more than a busy machine needs, and far less than a reader would take whose time grows with the square of the
/// length.
const MOST_TIME: Duration = Duration::from_secs(60);

/// Bytes that mean something to one of the readers.
const PIECES: [&[u8]; 24] = [
    b"1",
    b"0",
    b"-",
    b",",
    b";",
    b"\t",
    b" ",
    b"\n",
    b"\r",
    b"\"",
    b"#",
    b".",
    b"e",
    b"x",
    b"y",
    b"nan",
    b"sep=",
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\x93NUMPY",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x80",
];

#[test]
fn no_file_panics_and_none_takes_long() {
    let names = [
        "semicolon_decimal_comma.csv",
        "tabs.tsv",
        "excel_utf16.txt",
        "pandas_index.csv",
        "weight.csv",
        "numpy_savetxt.txt",
        "points.npy",
        "fortran.npy",
        "big_endian.npy",
        "xy.npz",
        "compressed.npz",
        "many.npz",
    ];
    let files: Vec<Vec<u8>> = names.iter().map(|name| fixture(name)).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    for round in 0..20_000 {
        let mut file = vec![];
        if round % 2 == 0 {
            for _ in 0..rng.random_range(0..60) {
                file.extend(PIECES[rng.random_range(0..PIECES.len())]);
            }
        } else {
            file.clone_from(&files[rng.random_range(0..files.len())]);
            for _ in 0..rng.random_range(1..6) {
                let place = rng.random_range(0..file.len());
                match rng.random_range(0..4) {
                    0 => file[place] = rng.random_range(0..=255),
                    1 => file.truncate(place.max(1)),
                    2 => drop(file.splice(place..place, PIECES[rng.random_range(0..PIECES.len())].iter().copied())),
                    _ => drop(file.drain(place..(place + 40).min(file.len() - 1).max(place))),
                }
            }
        }
        let start = Instant::now();
        match read(&file, "a.csv") {
            Ok(points) => {
                assert!(points.points.iter().flatten().all(|c| c.is_finite()), "{round}");
                assert_eq!(points.lines.len(), points.points.len(), "{round}");
                let weights = points.weights.iter().flatten();
                assert!(weights.into_iter().all(|weight| weight.is_finite() && *weight > 0.0), "{round}");
            }
            Err(fault) => {
                let [by_line, by_row] = [fault.to_string(), fault.by_row()];
                assert!(by_line.contains("a.csv ") && by_line.ends_with('.') && by_row.ends_with('.'), "{by_line}");
            }
        }
        assert!(start.elapsed() < MOST_TIME, "{round} took {:?}", start.elapsed());
    }
}

#[test]
fn large_files_that_are_no_points_take_time_in_proportion() {
    for piece in ["\"", "\"\"", ",\"\"\",", "\"a\n", "1,\"", "\r", "1", ",", "#\n", "1,2,\"\"\"\n", "x"] {
        let file = piece.repeat(4_000_000 / piece.len());
        let start = Instant::now();
        let _ = read(file.as_bytes(), "a.csv");
        assert!(start.elapsed() < MOST_TIME, "{piece:?} took {:?}", start.elapsed());
    }
}
