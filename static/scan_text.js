// The page of one scanned text.
import "./scan_list.js";
