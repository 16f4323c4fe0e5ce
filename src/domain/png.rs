//! Is it a PNG that pages may show? Judged by its form only: nothing is decoded.

/// The largest picture that is kept.
pub const MAX_BYTES: usize = 64 * 1024;
const SIDES: std::ops::RangeInclusive<u32> = 16..=1024;
const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Why a picture is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// More than [`MAX_BYTES`].
    TooLarge,
    /// Not a whole PNG file and nothing else.
    NotPng,
    /// A side shorter than 16 or longer than 1024 pixels.
    Dimensions,
}

/// Checks signature, the order, lengths and checksums of the parts, what the header says, and
/// that there is a picture.
///
/// # Errors
/// What is wrong with it.
pub fn check(bytes: &[u8]) -> Result<(), Fault> {
    if bytes.len() > MAX_BYTES {
        return Err(Fault::TooLarge);
    }
    let mut rest = bytes.strip_prefix(SIGNATURE).ok_or(Fault::NotPng)?;
    let (kind, header) = part(&mut rest).ok_or(Fault::NotPng)?;
    if kind != b"IHDR" || !is_header(header) {
        return Err(Fault::NotPng);
    }
    let mut drawn = false;
    loop {
        let (kind, content) = part(&mut rest).ok_or(Fault::NotPng)?;
        match kind {
            b"IDAT" => drawn |= !content.is_empty(),
            b"IEND" if content.is_empty() => break,
            b"IHDR" | b"IEND" => return Err(Fault::NotPng),
            _ => {}
        }
    }
    // To the end mark, and nothing behind it: what follows could be another file.
    if !drawn || !rest.is_empty() {
        return Err(Fault::NotPng);
    }
    let fits = |at| number(header, at).is_some_and(|side| SIDES.contains(&side));
    if fits(0) && fits(4) {
        Ok(())
    } else {
        Err(Fault::Dimensions)
    }
}

/// Thirteen bytes whose depth, colour type and methods the format knows.
fn is_header(header: &[u8]) -> bool {
    let &[_, _, _, _, _, _, _, _, depth, color, 0, 0, interlace] = header else {
        return false;
    };
    let depths: &[u8] = match color {
        0 => &[1, 2, 4, 8, 16],
        3 => &[1, 2, 4, 8],
        2 | 4 | 6 => &[8, 16],
        _ => &[],
    };
    depths.contains(&depth) && interlace < 2
}

/// Takes the next part: length, kind, content, checksum.
fn part<'a>(rest: &mut &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let length = usize::try_from(number(rest, 0)?).ok()?;
    let end = length.checked_add(8)?;
    let named = rest.get(4..end)?;
    if number(rest, end)? != checksum(named) {
        return None;
    }
    *rest = rest.get(end + 4..)?;
    Some(named.split_at(4))
}

/// CRC-32 as the format wants it.
fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let bit = crc & 1;
            crc = (crc >> 1) ^ (0xedb8_8320 * bit);
        }
    }
    !crc
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let four: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(u32::from_be_bytes(four))
}

#[cfg(test)]
mod tests {
    use super::{Fault, MAX_BYTES, SIGNATURE, check, checksum};

    fn chunk(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
        let mut named = kind.to_vec();
        named.extend(content);
        let mut all = u32::try_from(content.len()).unwrap().to_be_bytes().to_vec();
        all.extend(&named);
        all.extend(checksum(&named).to_be_bytes());
        all
    }

    fn of(header: &[u8], rest: &[Vec<u8>]) -> Vec<u8> {
        let mut file = SIGNATURE.to_vec();
        file.extend(chunk(*b"IHDR", header));
        file.extend(rest.concat());
        file
    }

    fn header(width: u32, height: u32) -> Vec<u8> {
        let mut header = width.to_be_bytes().to_vec();
        header.extend(height.to_be_bytes());
        header.extend([8, 6, 0, 0, 0]);
        header
    }

    fn png(width: u32, height: u32) -> Vec<u8> {
        let picture = [chunk(*b"IDAT", b"xx"), chunk(*b"IEND", b"")];
        of(&header(width, height), &picture)
    }

    #[test]
    fn a_whole_picture_of_a_sane_size() {
        assert_eq!(check(&png(16, 1024)), Ok(()));
        assert_eq!(check(&png(15, 64)), Err(Fault::Dimensions));
        assert_eq!(check(&png(64, 1025)), Err(Fault::Dimensions));
        assert_eq!(check(&vec![0; MAX_BYTES + 1]), Err(Fault::TooLarge));
    }

    #[test]
    fn nothing_else() {
        let good = png(64, 64);
        for length in 0..good.len() {
            assert_eq!(check(&good[..length]), Err(Fault::NotPng), "{length}");
        }
        let mut more = good.clone();
        more.extend(b"<script>");
        assert_eq!(check(&more), Err(Fault::NotPng));
        assert_eq!(check(b"<svg xmlns=''/>"), Err(Fault::NotPng));
    }
    #[test]
    fn the_checksum_is_the_formats_own() {
        // The end mark is the same in every file.
        assert_eq!(checksum(b"IEND"), 0xae42_6082);
        let mut torn = png(64, 64);
        torn[20] ^= 1;
        assert_eq!(check(&torn), Err(Fault::NotPng));
    }

    #[test]
    fn a_header_alone_is_no_picture() {
        let (drawn, end) = (chunk(*b"IDAT", b"xx"), chunk(*b"IEND", b""));
        let good = header(64, 64);
        assert_eq!(
            check(&of(&good, std::slice::from_ref(&end))),
            Err(Fault::NotPng)
        );
        let twice = [chunk(*b"IHDR", &good), drawn.clone(), end.clone()];
        assert_eq!(check(&of(&good, &twice)), Err(Fault::NotPng));
        for (at, value) in [(8, 3), (9, 5), (10, 1), (11, 1), (12, 2)] {
            let mut odd = good.clone();
            odd[at] = value;
            let file = of(&odd, &[drawn.clone(), end.clone()]);
            assert_eq!(check(&file), Err(Fault::NotPng), "{at}");
        }
    }
}
